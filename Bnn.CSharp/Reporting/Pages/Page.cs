using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Bnn;

/// <summary>A page that needs nothing but itself: text, tables, charts, plotly.js, which draws them, and a script for the slider.</summary>
internal sealed class Page
{
    // what stands between the tags of its scripts, to the letter: the browser runs what has these hashes, and nothing else
    private static readonly Lazy<byte[]> Drawing = new(() => [(byte)'\n', .. ChartHtml.Plotly.Span]);
    private static readonly Lazy<byte[]> Moving = new(() => Encoding.UTF8.GetBytes($"\n{Resource("page.js")}"));
    private static readonly Lazy<string> Policy = new(() =>
        $"default-src 'none'; script-src {Allowed(Drawing.Value)} {Allowed(Moving.Value)}; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'");

    private readonly StringBuilder html = new();

    public Page(string title)
    {
        // the policy makes the browser refuse anything from outside, and scripts that something of a run's files may have brought in; plotly.js sets
        // styles on what it draws; the images are those of a chart that a reader saves
        Raw($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="{Policy.Value}">
            <title>{Text(title)}</title>
            <style>
            {Resource("page.css")}</style>
            </head>
            <body>
            """);
    }

    /// <summary>Text as HTML.</summary>
    public static string Text(string text) => WebUtility.HtmlEncode(text);

    /// <summary>Adds HTML.</summary>
    public Page Raw(string part)
    {
        html.Append(part).Append('\n');
        return this;
    }

    /// <summary>Adds a heading.</summary>
    public Page Heading(string text) => Raw($"<h2>{Text(text)}</h2>");

    /// <summary>Adds how far runs are that have not ended, and what of a run could not be read; with names where there is more than one.</summary>
    public Page Progress(params IReadOnlyList<(string Name, SavedRun Run)> runs)
    {
        foreach (var (name, run) in runs)
        {
            var of = runs.Count > 1 ? $"{name}: " : "";
            Raw(run.HasEnded ? "" : $"<p class='progress'>{Text(of + run.Progress())}</p>");
            Raw(string.Concat(run.Remarks.Select(remark => $"<p class='remark'>{Text(of + remark)}</p>")));
        }

        return this;
    }

    /// <summary>Adds a run's recipe in words.</summary>
    public Page Recipe(SavedRun run) => Raw(
        $"<table class='recipe'>{string.Join('\n', RecipeWords.Of(run).Select(row => $"<tr><td>{Text(row.What)}</td><td>{Text(row.Words)}</td></tr>"))}</table>");

    /// <summary>Adds a table of the settings that two runs do not have alike.</summary>
    public Page Differences(string left, string right, IReadOnlyList<RecipeDifference> rows) => rows.Count == 0
        ? Raw("<p>The settings of both runs are identical.</p>")
        : Raw(
            $"<div class='scroll'><table class='differences'><tr><th>setting</th><th>{Text(left)}</th><th>{Text(right)}</th></tr>\n"
            + $"{string.Join('\n', rows.Select(row => $"<tr><td>{Text(row.Setting)}</td><td>{Text(row.Left)}</td><td>{Text(row.Right)}</td></tr>"))}</table></div>")
            .Raw("<p class='words'>All other settings are identical.</p>");

    /// <summary>Adds a run's update rules.</summary>
    public Page Rules(SavedRun run)
    {
        foreach (var (stage, rules) in RecipeWords.Rules(run))
        {
            Raw($"<p class='head'>{Text(stage)}</p>");
            foreach (var (groups, formulas) in rules)
            {
                Raw($"<figcaption>{Text(groups)}</figcaption><pre>{Text(formulas)}</pre>");
            }
        }

        return this;
    }

    /// <summary>Adds a table with a row a stage; with a column of names where there is more than one run.</summary>
    public Page Stages(params IReadOnlyList<(string Name, SavedRun Run)> runs)
    {
        if (runs.All(run => run.Run.Stages.Count == 0))
        {
            return this;
        }

        var columns = StageColumn.Of([.. runs.SelectMany(run => run.Run.Stages)]);
        var rows = runs.SelectMany(run => run.Run.Stages.Select(stage =>
            $"<tr>{(runs.Count > 1 ? $"<td class='text'>{Text(run.Name)}</td>" : "")}<td class='text'>{Text(stage.Name)}</td>{string.Join("", columns.Select(column => $"<td>{column.Cell(stage)}</td>"))}</tr>"));
        return Raw(
            $"<div class='scroll'><table class='stages'><tr>{(runs.Count > 1 ? "<th class='text'>run</th>" : "")}<th class='text'>stage</th>{string.Join("", columns.Select(column => $"<th>{column.Title}</th>"))}</tr>\n"
            + $"{string.Join('\n', rows)}</table></div>");
    }

    /// <summary>Adds the parts that show one epoch, and below the first heading the slider that chooses it, which stays in sight through all of
    /// them.</summary>
    public Page AtAnEpoch(int epochs, params IReadOnlyList<(string Heading, string Html)> parts)
    {
        if (parts.Count == 0)
        {
            return this;
        }

        Raw("<section>");
        for (var k = 0; k < parts.Count; k++)
        {
            Heading(parts[k].Heading).Raw(k > 0 ? "" : Slider(epochs)).Raw(parts[k].Html);
        }

        return Raw("</section>");
    }

    /// <summary>Writes the whole page.</summary>
    public void WriteTo(Stream stream)
    {
        // last, so that a reader sees the text at once
        stream.Write(Encoding.UTF8.GetBytes($"{html}<noscript>The charts need JavaScript.</noscript>\n<script>"));
        stream.Write(Drawing.Value);
        stream.Write("</script>\n<script>"u8);
        stream.Write(Moving.Value);
        stream.Write("</script>\n</body>\n</html>\n"u8);
    }

    private static string Allowed(byte[] script) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(script))}'";

    private static string Slider(int epochs) =>
        $"<div class='slider'><label for='epoch'>epoch</label><input id='epoch' type='range' min='1' max='{epochs}' value='{epochs}'>"
        + $"<output for='epoch'>{epochs} of {epochs}</output></div>";

    private static string Resource(string name)
    {
        using var stream = typeof(Page).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"the assembly lacks its resource {name}");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
