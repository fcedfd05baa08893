using System.Text.Json;

namespace Bnn;

/// <summary>An image's class in a JSON file beside it, as WebDataset's writers have it: a number, or an object whose <c>label</c> or <c>cls</c> is the
/// class's index, or its name.</summary>
internal static class JsonLabel
{
    /// <summary>What is read at most.</summary>
    public const int Longest = 1 << 20;

    private static readonly string[] Members = ["label", "cls"];

    /// <summary>The class; null where the file says none, as one of captions, or where there is a problem.</summary>
    /// <param name="text">The file's bytes.</param>
    /// <param name="classes">The classes.</param>
    /// <param name="isImages">Whether it is known to be an image's, so that it must be right.</param>
    /// <param name="problem">What is wrong.</param>
    /// <exception cref="BnnFileException">It is an image's, the class is a number, and there is no list of names.</exception>
    public static int? Read(ReadOnlySpan<byte> text, TarClasses classes, bool isImages, out string? problem)
    {
        problem = null;
        try
        {
            var reader = new Utf8JsonReader(text, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            using var document = JsonDocument.ParseValue(ref reader);
            var label = Class(document.RootElement, classes, isImages, ref problem);
            return problem is null ? label : null;
        }
        catch (JsonException error)
        {
            problem = $"is no JSON ({error.Message})";
            return null;
        }
    }

    private static int? Class(JsonElement root, TarClasses classes, bool isImages, ref string? problem)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return root.ValueKind == JsonValueKind.Number ? Value(root, classes, isImages, ref problem) : null;
        }

        int? label = null;
        foreach (var name in Members)
        {
            if (root.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null)
            {
                var other = Value(member, classes, isImages, ref problem);
                problem ??= label is not null && other != label ? $"has two classes, label {label} and cls {other}" : null;
                label = other;
            }
        }

        return label;
    }

    private static int? Value(JsonElement value, TarClasses classes, bool isImages, ref string? problem)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            var name = value.GetString()!;
            var found = classes.Find(name, isImages);
            problem ??= found is null ? $"is of class \"{name}\", which is none of the {classes.Count} names" : null;
            return found;
        }

        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var label) || label < 0)
        {
            problem ??= $"has the class {value.GetRawText()}, which is neither an index nor a name";
            return null;
        }

        if (isImages)
        {
            classes.RequireList();
        }

        problem ??= label >= classes.Count ? $"is class {label}, not within 0..{classes.Count - 1}" : null;
        return label;
    }
}
