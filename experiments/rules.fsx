(**
# A tour of update rules
An update rule is a value: a formula over a weight and its gradient. This script composes one, reads it, compares it, evaluates it
over several kinds of number, derives it, and draws what every optimizer does while a gradient vanishes.
First `dotnet build -c Release`, then `dotnet fsi experiments/rules.fsx [--out runs/rules]`; about 10 seconds.
Writes updates.png into the folder.
*)
#load "bnn.fsx"
#r "ScottPlot.dll"
#r "SkiaSharp.dll"

open System
open System.Globalization
open System.IO
open Bnn

let folder =
    match fsi.CommandLineArgs with
    | [| _ |] -> "runs/rules"
    | [| _; "--out"; folder |] -> folder
    | arguments ->
        eprintfn "%s: unknown; allowed: --out FOLDER" (String.concat " " arguments[1..])
        exit 1

let heading text = printfn "\n## %s\n" text

(**
## Compose
Decay, Adam and descent, as the paper's code does them. The learning rate is left open.
*)
let rate = Expr.uniform "lr"

let rule =
    Rule.addDecayedWeights (Const 5e-6)
    >=> Adam.rule Adam.defaults
    >=> Rule.descend (rate * (1.0 - Expr.progress))

heading "One step of decay, Adam and descent, as it is computed"
printfn "%s" (Print.text rule)

(**
## Read
The same in LaTeX. What is compiled is the formula as written; for reading it can be made shorter, here Adam with beta1 = 0, which
is RMSProp with bias correction, under no decay.
*)
heading "The same in LaTeX"
printfn "%s" (Latex.rule rule)

let rmsProp =
    Rule.addDecayedWeights (Const 0.0)
    >=> Adam.rule { Adam.defaults with Beta1 = 0.0 }
    >=> Rule.descend rate

heading "With beta1 = 0 and no decay, as it is computed and made shorter for reading"
printfn "%s\n\n%s" (Print.text rmsProp) (Print.text (Simplify.rule rmsProp))

(**
## Compare
Rules are equal where their formulas are: chaining is associative, and the rule that changes nothing is its identity.
*)
let a, b, c =
    Rule.addDecayedWeights (Const 5e-6), Adam.rule Adam.defaults, Rule.descend rate

heading "Laws"
printfn "(a >=> b) >=> c = a >=> (b >=> c): %b" (((a >=> b) >=> c) = (a >=> (b >=> c)))
printfn "identity >=> a = a = a >=> identity: %b" ((Rule.identity >=> a) = a && a = (a >=> Rule.identity))

(**
## Evaluate
One formula, several kinds of number: the first step from w = 1 with gradient 0.5 at learning rate 0.001.
*)
let firstStep (algebra: Algebra<'T>) (rate: 'T) =
    let start = Unroll.start algebra rule (algebra.Const 1.0)
    (Unroll.step algebra rule (fun _ -> rate) 100 start (algebra.Const 0.5)).Weights

heading "The first step over several kinds of number"
printfn "float64:      %.17g" (firstStep Algebra.float64 0.001)
printfn "float32:      %.9g" (firstStep Algebra.float32 0.001f)
let dual = firstStep Dual.algebra (Dual.variable 0.001)
printfn "dual numbers: %.17g, and by the learning rate %.17g" dual.Primal dual.Derivative

(**
## Derive
The derivative of a step by its learning rate, as a formula: the step's direction, as it should be.
*)
let byRate = Derive.wrt rate rule.Weight

heading "The new weight's derivative by the learning rate"
printfn "%s" (Print.expr byRate)
printfn "\n%s" (Latex.expr (Simplify.forReading byRate))

(**
## Draw
What every optimizer of the catalogue makes of a gradient that falls to a tenth again and again, at its usual learning rate. The
weight is put back after each step, so that nothing but the gradient changes. Each stair is 5,000 steps long, five times what
Adam's mean square remembers: it sees each new gradient as it would one that had never been larger.

A dead weight sees such gradients: it no longer matters to the loss, or is beyond the surrogate's slope. What steps in
proportion to the gradient stops with it. What divides by the gradient's own recent size does not, and can bring the weight
back; dividing by all of its past, as Adagrad does, is no help.
*)
let decades, stair = 9, 5000
let steps = decades * stair
let gradientAt step = Math.Pow(10.0, -float(step / stair))

/// |w' - w| at each step.
let updates (row: OptimizerRow) =
    match row.Make [] with
    | Error faults -> failwith $"{row.Name}: {faults}"
    | Ok transform ->
        let rule = WeightDecay.descend (Const row.LearningRate) WeightDecay.none transform

        let step =
            Unroll.step Algebra.float64 rule (fun _ -> ParameterGroup.code ParameterGroup.BinaryWeights)

        let weight = 0.1
        let mutable now = Unroll.start Algebra.float64 rule weight

        [|
            for k in 0 .. steps - 1 do
                let after = step steps now (gradientAt k)
                now <- { after with Weights = weight }
                abs (after.Weights - weight)
        |]

/// The update at the end of each stair.
let atEnds (updates: float[]) =
    [ for decade in 1..decades -> updates[decade * stair - 1] ]

let courses = [ for row in Catalogue.all -> row.Name, updates row ]

heading "The update |w' - w| at the end of each stair"

printfn "| gradient | %s |" (String.concat " | " [ for decade in 0 .. decades - 1 -> $"1e-{decade}" ])
printfn "|---|%s" (String.replicate decades "---|")

for name, course in courses do
    printfn
        "| %s | %s |"
        name
        (atEnds course
         |> List.map (fun x -> x.ToString("0.0e-0", CultureInfo.InvariantCulture))
         |> String.concat " | ")

/// Whether it still makes steps of the first stair's order when the gradient is a ten thousandth.
let keepsMoving course =
    let ends = atEnds course
    ends[4] > 0.01 * ends[0]

(** The picture's text is drawn in the library's own font, since a machine may have none. *)
let font = "Bnn DejaVu Sans"

let ownFont =
    { new ScottPlot.IFontResolver with
        member _.CreateTypeface
            (name: string, _: ScottPlot.FontWeight, _: ScottPlot.FontSlant, _: ScottPlot.FontSpacing)
            =
            if name = font then
                typeof<Bnn.BnnTrainer>.Assembly.GetManifestResourceStream "DejaVuSans-subset.ttf"
                |> SkiaSharp.SKTypeface.FromStream
            else
                null

        member _.CreateTypeface(_: string, _: bool, _: bool) : SkiaSharp.SKTypeface = null
    }

ScottPlot.Fonts.FontResolvers.Add ownFont

/// Heights for labels, from the top, none closer to the next than `gap`.
let spread gap (heights: (string * float) list) =
    heights
    |> List.sortByDescending snd
    |> List.scan (fun (_, last) (name, y) -> name, min y (last - gap)) ("", infinity)
    |> List.tail

let plot = new ScottPlot.Plot()

/// The lowest power of ten that is drawn.
let lowest =
    let smallest =
        courses |> List.map (snd >> Array.last) |> List.filter (fun x -> x > 0.0)

    gradientAt (steps - 1) :: smallest |> List.min |> log10 |> floor |> max -16.0

let log10Of x =
    if x > 0.0 then max lowest (log10 x) else lowest

let line (color: string) width (values: float[]) =
    // Every 25th step is enough for the eye.
    let xs = [| 0..25 .. steps - 1 |]

    let scatter =
        plot.Add.ScatterLine(xs |> Array.map float, xs |> Array.map (fun k -> log10Of values[k]))

    scatter.Color <- ScottPlot.Color.FromHex color
    scatter.LineWidth <- width

/// Warm colours for what keeps moving, cold ones for what stops.
let colorOf =
    let warm = [ "#CC3311"; "#EE7733"; "#AA4499"; "#882255"; "#DDAA33"; "#EE3377" ]
    let cold = [ "#0077BB"; "#33BBEE"; "#009988"; "#004488"; "#332288"; "#66CCEE" ]

    let among colors names =
        names
        |> List.mapi (fun k name -> name, List.item (k % List.length colors) colors)

    let moving, stopping =
        courses |> List.partition (fun (_, course) -> keepsMoving course)

    Map.ofList (
        ("gradient", "#888888") :: among warm (List.map fst moving)
        @ among cold (List.map fst stopping)
    )

line "#BBBBBB" 6f (Array.init steps gradientAt)

for name, course in courses do
    line colorOf[name] 2f course

let ends =
    ("gradient", gradientAt (steps - 1))
    :: [ for name, course in courses -> name, Array.last course ]

let labels = ends |> List.map (fun (name, last) -> name, log10Of last) |> spread 0.4

for name, y in labels do
    let text = plot.Add.Text(name, float steps * 1.01, y)
    text.LabelFontSize <- 14f
    text.LabelFontName <- font
    text.LabelAlignment <- ScottPlot.Alignment.MiddleLeft
    text.LabelFontColor <- ScottPlot.Color.FromHex colorOf[name]

let bottom = labels |> List.map (fun (_, y) -> y - 0.5) |> List.fold min lowest
plot.Axes.SetLimits(0.0, float steps * 1.2, bottom, 1.0)
plot.Title("While a gradient vanishes: warm colours keep moving, cold ones stop with it", 16f)
plot.Axes.Title.Label.Bold <- false
plot.XLabel("step; the gradient falls to a tenth every 5,000", 14f)
plot.YLabel("|w' - w|", 14f)
plot.Axes.Bottom.Label.Bold <- false
plot.Axes.Left.Label.Bold <- false

let ticks (places: (float * string) list) =
    let ticks = ScottPlot.TickGenerators.NumericManual()
    places |> List.iter ticks.AddMajor
    ticks

plot.Axes.Left.TickGenerator <- ticks [ for power in int lowest .. 1 -> float power, $"1e{power}" ]

plot.Axes.Bottom.TickGenerator <-
    ticks
        [
            for k in 0..decades -> float (k * stair), (k * stair).ToString("N0", CultureInfo.InvariantCulture)
        ]

plot.Grid.XAxisStyle.IsVisible <- false
plot.Axes.Right.FrameLineStyle.IsVisible <- false
plot.Axes.Top.FrameLineStyle.IsVisible <- false
plot.Font.Set font

Directory.CreateDirectory folder |> ignore
let picture = Path.Combine(folder, "updates.png")
plot.SavePng(picture, 1000, 640) |> ignore
printfn "\n%s" picture
