using System.Text;
using CsCheck;
using Millrace.Models.Trees;

namespace Millrace.Tests.Models.Trees;

public sealed class LightGbmTextTests
{
    private const string Model = """
        tree
        version=v4
        num_class=1
        num_tree_per_iteration=1
        label_index=0
        max_feature_idx=2
        objective=binary sigmoid:1
        feature_names=clicks age topic
        feature_infos=[0:1] [0:1] 0:1:2

        Tree=0
        num_leaves=4
        num_cat=1
        split_feature=0 1 2
        threshold=0.5 2.5 0
        decision_type=10 0 1
        left_child=1 -1 -2
        right_child=2 -3 -4
        leaf_value=0.25 -1.5 2 0.125
        leaf_count=5 6 7 8
        internal_count=26 12 14
        cat_boundaries=0 1
        cat_threshold=5
        is_linear=0
        shrinkage=1


        end of trees

        feature_importances:
        """;

    [Fact]
    public void A_model_is_read_as_it_stands()
    {
        Forest forest = Read(Model);
        Assert.Equal(["clicks", "age", "topic"], forest.Features);
        Assert.Equal(new ForestTransform(TransformKind.Sigmoid), forest.Transform);
        Tree tree = Assert.Single(forest.Trees);
        Assert.Equal([0.25, -1.5, 2, 0.125], tree.Leaves);
        Assert.Equal(2, tree.Depth);
        Assert.Equal(new TreeNode(0, 0.5f, MissingRule.NaN, true, 1, 2, 26, null), tree.Nodes[0]);
        Assert.Equal(new CategorySet([5], InsideLeft: true, Truncates: true), tree.Nodes[2].Categories);
        int[] columns = [0, 1, 2];
        Assert.Equal(0, tree.LeafOf([0.5f, 2.5f, 0], columns));
        Assert.Equal(2, tree.LeafOf([float.NaN, 2.6f, 0], columns));
        Assert.Equal(1, tree.LeafOf([1, 0, 2], columns));
        Assert.Equal(3, tree.LeafOf([1, 0, float.NaN], columns));
    }

    [Theory]
    [InlineData("tree\n", "trie\n", "line 1, expected 'tree', as LightGBM's text models begin")]
    [InlineData("version=v4", "version=v9", "line 2, version: expected v2, v3 or v4; got 'v9'")]
    [InlineData("max_feature_idx=2", "max_feature_idx=20000", "line 6, max_feature_idx: expected a whole number from 0 to 9999; got '20000'")]
    [InlineData("max_feature_idx=2\n", "", "line 1, max_feature_idx: expected in what begins here; got nothing")]
    [InlineData("names=clicks age topic", "names=clicks clicks topic", "line 8, feature_names[1]: expected a name of its own; got 'clicks' again")]
    [InlineData("names=clicks age topic", "names=clicks age", "line 8, feature_names: expected 3 names; got 2")]
    [InlineData("objective=binary", "objective=mine", "line 7, objective: expected one of LightGBM's own (")]
    [InlineData("sigmoid:1", "sigmoid:-1", "line 7, objective: expected sigmoid: and a number above 0; got 'sigmoid:-1'")]
    [InlineData("Tree=0", "Tree=1", "line 11, Tree: expected 0; got 1")]
    [InlineData("num_leaves=4", "num_leaves=5000", "line 12, num_leaves: expected a whole number from 1 to 4096; got '5000'")]
    [InlineData("split_feature=0 1 2", "split_feature=0 1 3", "line 14, split_feature: expected 0 to 2 at 2; got 3")]
    [InlineData("split_feature=0 1 2", "split_feature=0 1 2 0", "line 14, split_feature: expected 3 numbers; got more")]
    [InlineData("threshold=0.5 2.5 0", "threshold=0.5 nan 0", "line 15, threshold[1]: expected a finite number; got 'nan'")]
    [InlineData("threshold=0.5 2.5 0", "threshold=0.5 2.5 1", "line 15, threshold: expected the index of one of 1 sets of categories at 2; got 1")]
    [InlineData("decision_type=10 0 1", "decision_type=10 12 1", "line 16, decision_type: expected 0 to 11 at 1; got 12")]
    [InlineData("left_child=1 -1 -2", "left_child=1 -1 0", "line 11, left_child and right_child: left child of node 2: expected a node or leaf that nothing else leads to; got 0")]
    [InlineData("right_child=2 -3 -4", "right_child=7 -3 -4", "line 11, left_child and right_child: right child of node 0: expected one of 3 nodes or 4 leaves; got 7")]
    [InlineData("right_child=2 -3 -4", "right_child=-3 -1 -4", "line 11, left_child and right_child: right child of node 1: expected a node or leaf that nothing else leads to; got -1")]
    [InlineData("leaf_value=0.25", "leaf_value=inf", "line 19, leaf_value[0]: expected a finite number; got 'inf'")]
    [InlineData("cat_boundaries=0 1", "cat_boundaries=0 99999999", "line 22, cat_boundaries: expected numbers that begin with 0 and rise by at most 32769 each; got 99999999 at 1")]
    [InlineData("cat_threshold=5", "cat_threshold=5x", "line 23, cat_threshold[0]: expected a 32-bit word; got '5x'")]
    [InlineData("is_linear=0", "is_linear=1", "line 24, is_linear: expected 0, since linear leaves are not supported (train with linear_tree=false); got 1")]
    [InlineData("shrinkage=1", "num_leaves=4", "line 25, num_leaves: expected once; got it again")]
    [InlineData("end of trees", "", "line 30, expected 'end of trees'; the file ends before it")]
    public void What_is_wrong_is_named_with_its_line(string from, string to, string fault)
    {
        Assert.Contains(from, Model, StringComparison.Ordinal);
        Assert.StartsWith(fault, Assert.Throws<ForestException>(() => Read(Model.Replace(from, to, StringComparison.Ordinal))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Line_ends_of_Windows_an_own_objective_and_no_trees_are_taken()
    {
        Forest windows = Read(Model.Replace("\n", "\r\n", StringComparison.Ordinal));
        Assert.Equal(Read(Model).Trees[0].Nodes, windows.Trees[0].Nodes);
        Assert.Equal(TransformKind.Identity, Read(Model.Replace("objective=binary sigmoid:1\n", "", StringComparison.Ordinal)).Transform.Kind);
        Forest empty = Read(Model[..Model.IndexOf("Tree=0", StringComparison.Ordinal)] + "end of trees\n");
        var scores = new double[9];
        new ForestScorer([empty], empty.Features).Predict(new float[27], 9, scores, new ForestScratch());
        Assert.All(scores, static score => Assert.Equal(0.5, score));
        var contributions = new double[4];
        new ForestContributions(empty, empty.Features).Explain([1, 2, 3], contributions);
        Assert.Equal([0, 0, 0, 0], contributions);
    }

    [Fact]
    public void A_file_of_another_kind_is_refused() =>
        Assert.StartsWith("expected a LightGBM text model", Assert.Throws<ForestException>(() => ForestFile.Read(Encoding.UTF8.GetBytes("hello"))).Message, StringComparison.Ordinal);

    [Fact]
    public void Bounds_hold()
    {
        Assert.Contains("at most 100 bytes", Refused(new() { Bytes = 100 }), StringComparison.Ordinal);
        Assert.Contains("at most 0 trees", Refused(new() { Trees = 0 }), StringComparison.Ordinal);
        Assert.Contains("from 1 to 3", Refused(new() { Leaves = 3 }), StringComparison.Ordinal);
        Assert.Contains("at most 3 over all trees", Refused(new() { AllLeaves = 3 }), StringComparison.Ordinal);
        Assert.Contains("at most 1 splits", Refused(new() { Depth = 1 }), StringComparison.Ordinal);
        Assert.Contains("from 0 to 1", Refused(new() { Features = 2 }), StringComparison.Ordinal);

        static string Refused(ForestLimits limits) => Assert.Throws<ForestException>(() => LightGbmText.Read(Encoding.UTF8.GetBytes(Model), limits)).Message;
    }

    [Fact]
    public void A_number_of_things_that_the_file_cannot_hold_allocates_nothing()
    {
        byte[] text = Encoding.UTF8.GetBytes(Model.Replace("num_leaves=4", "num_leaves=4000000", StringComparison.Ordinal));
        var limits = new ForestLimits { Leaves = int.MaxValue };
        Assert.Throws<ForestException>(() => LightGbmText.Read(text, limits));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<ForestException>(() => LightGbmText.Read(text, limits));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public void A_broken_file_is_read_or_refused_and_nothing_else() => Broken.Files(Encoding.UTF8.GetBytes(Model), static bytes => LightGbmText.Read(bytes));

    private static Forest Read(string text) => LightGbmText.Read(Encoding.UTF8.GetBytes(text));
}
