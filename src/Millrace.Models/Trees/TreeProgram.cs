namespace Millrace.Models.Trees;

/// <summary>One compiled tree.</summary>
/// <param name="FirstStep">Its first step; the steps of a child stand before its parent's.</param>
/// <param name="Steps">How many; none when the tree is one leaf, or too wide.</param>
/// <param name="Root">Where its last step leaves one byte per row: the index of the row's leaf.</param>
/// <param name="FirstLeaf">Where its leaves begin.</param>
/// <param name="Output">The output that it adds to.</param>
/// <param name="Wide">The tree itself when its leaves, or the categories of a split, do not fit a byte: it is walked row by row; else null.</param>
/// <param name="Columns">The input column of each feature of the tree's forest.</param>
internal sealed record TreeProgram(int FirstStep, int Steps, int Root, int FirstLeaf, int Output, Tree? Wide, int[] Columns);
