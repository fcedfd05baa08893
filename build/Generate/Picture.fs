/// Curves over x in -2..2 as SVG, in colours that are readable on white and on black.
module Bnn.Generate.Picture

open System.Globalization
open Bnn.Generate.Text
open Bnn.Generate.Curves

let private grey = "#767676"

let private colour kind =
    match kind with
    | Value -> "#2f7fe0"
    | Gradient -> "#d9660b"

/// Values are drawn in full lines and derivatives in dashes, so that both are seen where they are the same. Of several
/// each is dashed in its own way.
let private dashes (curve: Curve) =
    match curve.Kind, curve.Number with
    | Value, 0 -> ""
    | Value, 1 -> "10 3"
    | Value, _ -> "3 3"
    | Gradient, 0 -> "7 5"
    | Gradient, 1 -> "3 3"
    | Gradient, _ -> "1 2"

// Where the curves lie, in pixels.
let private left, right, top, bottom = 44.0, 364.0, 12.0, 192.0

let private text (format: string) (number: float) =
    // no minus sign before 0
    (number + 0.0).ToString(format, CultureInfo.InvariantCulture)

let private pixel = text "0.#"

/// Numbers for the axis: at most six steps of 0.5, 1, 2 or 5.
let private ticks low high =
    let step =
        [ 0.5; 1.0; 2.0; 5.0 ]
        |> List.tryFind (fun step -> (high - low) / step <= 6.0)
        |> Option.defaultValue 10.0

    [
        for k in int (ceil (low / step)) .. int (floor (high / step)) -> float k * step
    ]

/// The points that a line needs to be at most `tolerance` away from all of them (Douglas and Peucker, 1973).
let rec private thinned tolerance (points: (float * float)[]) =
    let (x0, y0), (x1, y1) = points[0], points[points.Length - 1]
    let dx, dy = x1 - x0, y1 - y0

    let distance (x, y) =
        abs ((x - x0) * dy - (y - y0) * dx) / sqrt (dx * dx + dy * dy)

    let at, most = points |> Array.map distance |> Array.indexed |> Array.maxBy snd

    if most <= tolerance then
        [| points[0]; points[points.Length - 1] |]
    else
        Array.append (thinned tolerance points[..at]) (thinned tolerance points[at..] |> Array.tail)

/// A number in pixels for each number of the curves.
type private Scale =
    {
        X: float -> float
        Y: float -> float
        /// The numbers beside the vertical axis.
        Ticks: float list
    }

let private scaleOf (curves: Curve list) =
    let all = curves |> Seq.collect _.Points |> Seq.map snd |> Seq.cache
    let low, high = min 0.0 (Seq.min all), max 1.0 (Seq.max all)
    let room = 0.06 * (high - low)
    let low, high = low - room, high + room

    {
        X = fun x -> left + (right - left) * (x + 2.0) / 4.0
        Y = fun y -> bottom - (bottom - top) * (y - low) / (high - low)
        Ticks = ticks low high
    }

let private line x0 y0 x1 y1 =
    $"M{pixel x0} {pixel y0}L{pixel x1} {pixel y1}"

let private label x y anchor words =
    $"<text x=\"{pixel x}\" y=\"{pixel y}\" text-anchor=\"{anchor}\">{escaped words}</text>"

/// The lines of both axes at 0, the frame's left and lower edge with their ticks, and the numbers beside them.
let private axes scale =
    let xs = [ -2.0 .. 2.0 ]

    let marks =
        [
            line left top left bottom
            line left bottom right bottom
            for x in xs do
                line (scale.X x) bottom (scale.X x) (bottom + 4.0)
            for y in scale.Ticks do
                line (left - 4.0) (scale.Y y) left (scale.Y y)
        ]
        |> String.concat ""

    let zeros =
        line left (scale.Y 0.0) right (scale.Y 0.0)
        + line (scale.X 0.0) top (scale.X 0.0) bottom

    [
        $"<path d=\"{zeros}\" fill=\"none\" stroke=\"{grey}\" stroke-opacity=\".4\"/>"
        $"<path d=\"{marks}\" fill=\"none\" stroke=\"{grey}\"/>"
        for x in xs do
            label (scale.X x) (bottom + 18.0) "middle" (text "0" x)
        for y in scale.Ticks do
            label (left - 8.0) (scale.Y y + 4.0) "end" (text "0.#" y)
        label ((left + right) / 2.0) (bottom + 34.0) "middle" "x"
    ]

let private stroke (curve: Curve) =
    let pattern =
        match dashes curve with
        | "" -> ""
        | pattern -> $" stroke-dasharray=\"{pattern}\""

    $"fill=\"none\" stroke=\"{colour curve.Kind}\" stroke-width=\"2\"{pattern}"

let private drawn scale (curve: Curve) =
    let points =
        curve.Points
        |> Array.map (fun (x, y) -> scale.X x, scale.Y y)
        |> thinned 0.15
        |> Array.map (fun (x, y) -> $"{pixel x},{pixel y}")
        |> String.concat " "

    $"<polyline points=\"{points}\" {stroke curve}/>"

let private legend (curves: Curve list) =
    [
        for k, curve in List.indexed curves do
            let y = top + 12.0 + 20.0 * float k
            $"<path d=\"{line (right + 20.0) y (right + 48.0) y}\" {stroke curve}/>"
            label (right + 54.0) (y + 4.0) "start" curve.Label
    ]

/// The curves with axes and a legend.
let svg (title: string) (curves: Curve list) =
    let scale = scaleOf curves

    [
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"540\" height=\"232\" viewBox=\"0 0 540 232\" role=\"img\">"
        $"<title>{escaped title}</title>"
        $"<g font-family=\"sans-serif\" font-size=\"12\" fill=\"{grey}\">"
        yield! axes scale
        yield! legend curves
        "</g>"
        yield! curves |> List.map (drawn scale)
        "</svg>"
        ""
    ]
    |> String.concat "\n"
