namespace Bnn.Experiments

open System
open System.Text.RegularExpressions
open Bnn
open ScottPlot
open SkiaSharp

/// The library's own font: a machine may have none, and then no text would be drawn.
type private OwnFont(name: string) =
    let typeface =
        lazy
            (typeof<BnnTrainer>.Assembly.GetManifestResourceStream "DejaVuSans-subset.ttf"
             |> SKTypeface.FromStream)

    interface IFontResolver with
        member _.CreateTypeface(fontName: string, _: FontWeight, _: FontSlant, _: FontSpacing) =
            if fontName = name then typeface.Value else null

        member _.CreateTypeface(_: string, _: bool, _: bool) : SKTypeface = null

/// How all pictures look.
[<RequireQualifiedAccess>]
module Chart =
    let private font =
        lazy
            (let name = "Bnn experiments"
             Fonts.FontResolvers.Add(OwnFont name)
             name)

    /// Colours that colour-blind readers can tell apart (Okabe and Ito).
    let blue, orange, green, purple, grey, black =
        "#0072B2", "#D55E00", "#009E73", "#AA4499", "#777777", "#222222"

    /// Adam is blue and SGD orange in all pictures.
    let ofOptimizer name =
        match name with
        | "Adam" -> blue
        | "SGD" -> orange
        | _ -> green

    let private color (hex: string) = Color.FromHex hex

    let private sized (plot: Plot) =
        plot.Font.Set(font.Value) |> ignore
        plot.Axes.Title.Label.FontSize <- 15f
        plot.Axes.Title.Label.Bold <- false

        for axis in [ plot.Axes.Bottom.Label; plot.Axes.Left.Label ] do
            axis.FontSize <- 13f
            axis.Bold <- false

        // so that the label does not touch the numbers
        plot.Axes.Left.MinimumSize <- 66f
        plot.Axes.Right.FrameLineStyle.IsVisible <- false
        plot.Axes.Top.FrameLineStyle.IsVisible <- false
        plot.Legend.FontSize <- 12f
        plot.Legend.FontName <- font.Value
        plot.Legend.OutlineColor <- Colors.Transparent
        plot.Legend.ShadowColor <- Colors.Transparent
        plot.Grid.MajorLineColor <- color "#E6E6E6"

    /// An empty picture: what it says, and what its axes are.
    let create (title: string) (x: string) (y: string) =
        let plot = new Plot()
        plot.Title title
        plot.XLabel x
        plot.YLabel y
        sized plot
        plot

    /// A line through points; `isDashed` for the second of two kinds.
    let line (plot: Plot) (label: string) (hex: string) isDashed (xs: float list) (ys: float list) =
        let line = plot.Add.ScatterLine(Array.ofList xs, Array.ofList ys)
        line.Color <- color hex
        line.LineWidth <- 2f
        line.LegendText <- label

        if isDashed then
            line.LinePattern <- LinePattern.Dashed

    /// The mean over seeds with a band from the least to the greatest.
    let seeds (plot: Plot) (label: string) (hex: string) isDashed (xs: float list) (ys: float list list) =
        let columns = List.transpose ys
        let lows, highs = List.map List.min columns, List.map List.max columns
        let band = plot.Add.FillY(Array.ofList xs, Array.ofList lows, Array.ofList highs)
        band.FillColor <- (color hex).WithAlpha 0.18
        band.LineWidth <- 0f
        band.MarkerSize <- 0f
        line plot label hex isDashed xs (List.map List.average columns)

    /// Points at places.
    let points (plot: Plot) (label: string) (hex: string) (xs: float list) (ys: float list) =
        let points = plot.Add.ScatterPoints(Array.ofList xs, Array.ofList ys)
        points.Color <- color hex
        points.MarkerSize <- 7f
        points.LegendText <- label

    /// Names in place of numbers on the lower axis, at 0, 1, ...
    let categories (plot: Plot) (names: string list) =
        let ticks = TickGenerators.NumericManual()
        names |> List.iteri (fun k name -> ticks.AddMajor(float k, name))
        plot.Axes.Bottom.TickGenerator <- ticks
        plot.Axes.Bottom.MajorTickStyle.Length <- 0f
        plot.Axes.Bottom.TickLabelStyle.FontSize <- 12f
        plot.Axes.SetLimitsX(-0.6, float names.Length - 0.4)

    /// A mean with its 95 % interval at a place, and a small point for each seed.
    let interval (plot: Plot) (label: string) (hex: string) (x: float) (numbers: float list) =
        let interval = Interval.ofNumbers numbers

        for number in numbers do
            let dot = plot.Add.Marker(x + 0.12, number)
            dot.Color <- (color hex).WithAlpha 0.5
            dot.MarkerSize <- 5f

        let mean = plot.Add.Marker(x, interval.Mean)
        mean.Color <- color hex
        mean.MarkerSize <- 9f
        mean.LegendText <- label

        if Double.IsFinite interval.HalfWidth then
            let bar = plot.Add.ErrorBar([| x |], [| interval.Mean |], [| interval.HalfWidth |])
            bar.Color <- color hex
            bar.LineWidth <- 2f

    /// A thin line across at a height.
    let across (plot: Plot) (y: float) =
        let line = plot.Add.HorizontalLine y
        line.Color <- color grey
        line.LineWidth <- 1f
        line.LinePattern <- LinePattern.Dotted

    /// Text at a place.
    let text (plot: Plot) (hex: string) (x: float) (y: float) (text: string) =
        let label = plot.Add.Text(text, x, y)
        label.LabelFontName <- font.Value
        label.LabelFontSize <- 12f
        label.LabelFontColor <- color hex
        label

    /// The lower axis has powers of ten of these exponents.
    let decades (plot: Plot) (exponents: int list) =
        let ticks = TickGenerators.NumericManual()

        for exponent in exponents do
            ticks.AddMajor(float exponent, $"1e%d{exponent}")

        plot.Axes.Bottom.TickGenerator <- ticks

    let private whole last =
        let ticks = TickGenerators.NumericManual()

        for k in 1..last do
            ticks.AddMajor(float k, string k)

        ticks

    /// The lower axis counts from 1 to a last number.
    let countAcross (plot: Plot) last =
        plot.Axes.Bottom.TickGenerator <- whole last

    /// The left axis counts from 1 to a last number.
    let countUp (plot: Plot) last =
        plot.Axes.Left.TickGenerator <- whole last

    let legend (plot: Plot) (place: Alignment) = plot.ShowLegend place |> ignore

    /// The picture as SVG text. Its parts' ids count from 1: ScottPlot's count on from picture to picture, and then the same picture would be another file.
    let svg (plot: Plot) (width: int) (height: int) =
        let text = plot.GetSvgXml(width, height)

        let ids =
            Regex.Matches(text, "(?<=id=\")[a-z]+_[0-9a-f]+(?=\")")
            |> Seq.map _.Value
            |> Seq.distinct
            |> Seq.mapi (fun k id -> id, $"part-%d{k + 1}")
            |> dict

        Regex.Replace(
            text,
            "(?<=id=\"|#)[a-z]+_[0-9a-f]+(?=[\")])",
            fun found ->
                match ids.TryGetValue found.Value with
                | true, id -> id
                | _ -> found.Value
        )
