using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Millrace.Models.Trees;

namespace Millrace.Tests.Models.Trees;

public sealed class XgboostJsonTests
{
    // Two trees as XGBoost 2.1 writes them; the second has a pruned pair and a categorical split that sends 1 and 3 right.
    private const string Model = """
        {"learner":{"attributes":{},"feature_names":["clicks","age"],"feature_types":["float","c"],
        "gradient_booster":{"model":{"gbtree_model_param":{"num_parallel_tree":"1","num_trees":"2"},"iteration_indptr":[0,1,2],"tree_info":[0,0],"trees":[
        {"base_weights":[0,0,0],"categories":[],"categories_nodes":[],"categories_segments":[],"categories_sizes":[],"default_left":[1,0,0],"id":0,
        "left_children":[1,-1,-1],"loss_changes":[1,0,0],"parents":[2147483647,0,0],"right_children":[2,-1,-1],"split_conditions":[5E-1,-2.5E-1,1E-1],
        "split_indices":[0,0,0],"split_type":[0,0,0],"sum_hessian":[1E1,4E0,6E0],"tree_param":{"num_deleted":"0","num_feature":"2","num_nodes":"3","size_leaf_vector":"1"}},
        {"base_weights":[0,0,0,0,0],"categories":[1,3],"categories_nodes":[0],"categories_segments":[0],"categories_sizes":[2],"default_left":[0,0,0,0,0],"id":1,
        "left_children":[1,-1,-1,-1,-1],"loss_changes":[1,0,0,0,0],"parents":[2147483647,0,0,1,1],"right_children":[2,-1,-1,-1,-1],"split_conditions":[NaN,2E-1,-3E-1,9E0,9E0],
        "split_indices":[1,0,0,0,0],"split_type":[1,0,0,0,0],"sum_hessian":[1E1,5E0,5E0,0,0],"tree_param":{"num_deleted":"2","num_feature":"2","num_nodes":"5","size_leaf_vector":"1"}}]},
        "name":"gbtree"},"learner_model_param":{"base_score":"2.5E-1","boost_from_average":"1","num_class":"0","num_feature":"2","num_target":"1"},
        "objective":{"name":"binary:logistic","reg_loss_param":{"scale_pos_weight":"1"}}},"version":[2,1,0]}
        """;

    [Fact]
    public void A_model_scores_as_its_nodes_say()
    {
        Forest forest = Read(Model);
        Assert.Equal(["clicks", "age"], forest.Features);
        float start = -MathF.Log((1 / 0.25f) - 1);
        (float Clicks, float Age, float First, float Second)[] rows =
        [
            (0.49f, 0, -0.25f, 0.2f), (0.5f, 1, 0.1f, -0.3f), (float.NaN, 3, -0.25f, -0.3f), (9, 2, 0.1f, 0.2f), (9, float.NaN, 0.1f, -0.3f), (9, -1, 0.1f, 0.2f), (9, -0.5f, 0.1f, 0.2f), (9, 3.9f, 0.1f, -0.3f),
        ];
        foreach (var level in Enum.GetValues<SimdLevel>())
        {
            var scorer = new ForestScorer([forest], forest.Features, level);
            var scores = new double[rows.Length];
            scorer.Raw([.. rows.SelectMany(static row => (float[])[row.Clicks, row.Age])], rows.Length, scores, new ForestScratch());
            Assert.Equal(rows.Select(row => (double)(start + row.First + row.Second)), scores);
            scorer.Predict([.. rows.SelectMany(static row => (float[])[row.Clicks, row.Age])], rows.Length, scores, new ForestScratch());
            for (int i = 0; i < rows.Length; i++) Assert.Equal(1 / (1 + Math.Exp(-(start + rows[i].First + rows[i].Second))), scores[i], 1e-7);
        }
    }

    [Fact]
    public void A_feature_may_be_called_NaN() =>
        Assert.Equal(["a NaN \"NaN", "age"], Read(Model.Replace("\"clicks\"", "\"a NaN \\\"NaN\"", StringComparison.Ordinal)).Features);

    [Fact]
    public void Contributions_take_the_hessians_for_the_weight_of_rows()
    {
        Forest forest = Read(Model);
        var contributions = new double[3];
        new ForestContributions(forest, forest.Features).Explain([1, 1], contributions);
        Assert.Equal((float)0.1 - ((0.4 * -0.25f) + (0.6 * 0.1f)), contributions[0], 1e-9);
        Assert.Equal(-0.3f - ((0.5 * 0.2f) + (0.5 * -0.3f)), contributions[1], 1e-9);
        Assert.Equal(-MathF.Log(3) + (0.4 * -0.25f) + (0.6 * 0.1f) + (0.5 * 0.2f) + (0.5 * -0.3f), contributions[2], 1e-6);
    }

    [Fact]
    public void Generated_models_score_as_a_plain_walk_over_the_file_does()
    {
        for (int seed = 0; seed < 30; seed++)
        {
            var random = new Random(seed);
            int classes = seed % 3 == 0 ? 3 : 1;
            (int Left, int Right, int Feature, float Condition, bool MissingLeft)[][] trees = [.. Enumerable.Range(0, 12).Select(_ => Grow(random, 1 + random.Next(40)))];
            Forest forest = Read(Json(trees, classes));
            float[] rows = RandomForests.Rows(seed, 50, 5);
            var scores = new double[50 * classes];
            new ForestScorer([forest], ["f0", "f1", "f2", "f3", "f4"]).Raw(rows, 50, scores, new ForestScratch());
            for (int row = 0; row < 50; row++)
            {
                for (int at = 0; at < classes; at++)
                {
                    float sum = 0.5f;
                    for (int i = at; i < trees.Length; i += classes) sum += Walk(trees[i], rows.AsSpan(row * 5, 5));
                    Assert.Equal(sum, scores[(at * 50) + row]);
                }
            }
        }
    }

    [Theory]
    [InlineData("\"name\":\"gbtree\"", "\"name\":\"gblinear\"", "learner.gradient_booster.name: expected gbtree or dart; got 'gblinear'")]
    [InlineData("binary:logistic", "binary:hinge", "learner.objective.name: expected reg:, binary:logistic")]
    [InlineData("\"num_feature\":\"2\",\"num_target\"", "\"num_feature\":\"0\",\"num_target\"", "learner.learner_model_param.num_feature: expected a whole number from 1 to 10000; got '0'")]
    [InlineData("\"base_score\":\"2.5E-1\"", "\"base_score\":\"2\"", "learner.learner_model_param.base_score: expected a number in the range of binary:logistic; got '2'")]
    [InlineData("\"tree_info\":[0,0]", "\"tree_info\":[0,1]", "learner.gradient_booster.model.tree_info: expected 0 to 0 at 1; got 1")]
    [InlineData("\"left_children\":[1,-1,-1],", "\"left_children\":[0,-1,-1],", "learner.gradient_booster.model.trees[0].left_children: expected a node that nothing else leads to at 0; got 0")]
    [InlineData("\"right_children\":[2,-1,-1],", "\"right_children\":[2,-1],", "learner.gradient_booster.model.trees[0].right_children: expected 3 items, as left_children has; got 2")]
    [InlineData("\"split_conditions\":[5E-1", "\"split_conditions\":[1E99", "learner.gradient_booster.model.trees[0].split_conditions: expected finite numbers; got '1E99' at 0")]
    [InlineData("\"split_conditions\":[5E-1", "\"split_conditions\":[NaN", "learner.gradient_booster.model.trees[0].split_conditions: expected a finite number at 0, which is no categorical split; got NaN")]
    [InlineData("\"split_conditions\":[NaN,2E-1", "\"split_conditions\":[NaN,NaN", "learner.gradient_booster.model.trees[1].split_conditions: expected a finite number at 1, which is no categorical split; got NaN")]
    [InlineData("\"sum_hessian\":[1E1,4E0", "\"sum_hessian\":[NaN,4E0", "learner.gradient_booster.model.trees[0].sum_hessian: expected finite numbers; got NaN or an empty text at 0")]
    [InlineData("\"split_indices\":[1", "\"split_indices\":[2", "learner.gradient_booster.model.trees[1].split_indices: expected 0 to 1 at 0; got 2")]
    [InlineData("\"categories_nodes\":[0]", "\"categories_nodes\":[1]", "learner.gradient_booster.model.trees[1].categories_nodes: expected node 0, whose split is categorical; got nothing of it")]
    [InlineData("\"categories\":[1,3]", "\"categories\":[1,99999999]", "learner.gradient_booster.model.trees[1].categories: expected 0 to 1048576; got 99999999")]
    [InlineData("\"size_leaf_vector\":\"1\"", "\"size_leaf_vector\":\"3\"", "learner.gradient_booster.model.trees[0].tree_param.size_leaf_vector: expected a whole number from 0 to 1; got '3'")]
    [InlineData("{\"learner\":", "{\"learner\"", "line 1, byte 11: expected JSON")]
    [InlineData("\"learner\":{", "\"learned\":{", "the file: expected a member 'learner'; got none")]
    public void What_is_wrong_is_named_with_its_path(string from, string to, string fault)
    {
        Assert.Contains(from, Model, StringComparison.Ordinal);
        Assert.StartsWith(fault, Assert.Throws<ForestException>(() => Read(Model.Replace(from, to, StringComparison.Ordinal))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_file_is_read_or_refused_and_nothing_else() => Broken.Files(Encoding.UTF8.GetBytes(Model), static bytes => XgboostJson.Read(bytes));

    private static Forest Read(string text) => XgboostJson.Read(Encoding.UTF8.GetBytes(text));

    private static (int Left, int Right, int Feature, float Condition, bool MissingLeft)[] Grow(Random random, int splits)
    {
        var nodes = new List<(int Left, int Right, int Feature, float Condition, bool MissingLeft)> { Leaf() };
        for (int i = 0; i < splits; i++)
        {
            int[] leaves = [.. Enumerable.Range(0, nodes.Count).Where(node => nodes[node].Left < 0)];
            int at = leaves[random.Next(leaves.Length)];
            nodes[at] = (nodes.Count, nodes.Count + 1, random.Next(5), random.Next(-40, 40) / 16f, random.Next(2) == 0);
            nodes.Add(Leaf());
            nodes.Add(Leaf());
        }

        return [.. nodes];

        (int Left, int Right, int Feature, float Condition, bool MissingLeft) Leaf() => (-1, -1, 0, (float)(random.NextDouble() - 0.5), false);
    }

    private static float Walk((int Left, int Right, int Feature, float Condition, bool MissingLeft)[] tree, ReadOnlySpan<float> row)
    {
        int at = 0;
        while (tree[at].Left >= 0)
        {
            var node = tree[at];
            float value = row[node.Feature];
            bool left = float.IsNaN(value) ? node.MissingLeft : value < node.Condition;
            at = left ? node.Left : node.Right;
        }

        return tree[at].Condition;
    }

    private static string Json((int Left, int Right, int Feature, float Condition, bool MissingLeft)[][] trees, int classes) => new JsonObject
    {
        ["learner"] = new JsonObject
        {
            ["gradient_booster"] = new JsonObject
            {
                ["name"] = "gbtree",
                ["model"] = new JsonObject
                {
                    ["tree_info"] = new JsonArray([.. Enumerable.Range(0, trees.Length).Select(index => (JsonNode)(index % classes))]),
                    ["trees"] = new JsonArray([.. trees.Select(static tree => (JsonNode)new JsonObject
                    {
                        ["left_children"] = Array(tree, static node => node.Left),
                        ["right_children"] = Array(tree, static node => node.Right),
                        ["split_indices"] = Array(tree, static node => node.Feature),
                        ["split_conditions"] = Array(tree, static node => node.Condition),
                        ["default_left"] = Array(tree, static node => node.MissingLeft),
                        ["sum_hessian"] = Array(tree, static _ => 1f),
                        ["tree_param"] = new JsonObject(),
                    })]),
                },
            },
            ["learner_model_param"] = new JsonObject { ["num_feature"] = "5", ["num_class"] = classes.ToString(CultureInfo.InvariantCulture), ["base_score"] = "[5E-1]" },
            ["objective"] = new JsonObject { ["name"] = classes > 1 ? "multi:softprob" : "reg:squarederror" },
        },
    }.ToJsonString();

    private static JsonArray Array<T>((int Left, int Right, int Feature, float Condition, bool MissingLeft)[] tree, Func<(int Left, int Right, int Feature, float Condition, bool MissingLeft), T> member) =>
        new([.. tree.Select(node => JsonValue.Create(member(node)))]);
}
