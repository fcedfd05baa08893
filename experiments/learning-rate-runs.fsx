// The trainings of learning-rate.fsx, and the file that keeps what they gave: a training that is in it is not run again.
#load "bnn.fsx"

open System
open System.Globalization
open System.IO
open System.Reflection
open Bnn

/// What one training gave. Shares are in 0..1; NaN where the loss was no number any more.
type Run =
    {
        /// The images that judge: held-out training images, or the test images after a training with the defaults of this name.
        Series: string
        /// Its name in the catalogue, and options other than its defaults: `Bop gamma=0.001`.
        Optimizer: string
        Rate: float
        /// Of each of the two steps.
        Epochs: int
        Seed: int64
        Top1AfterStep1: float
        Top1: float
        TrainTop1: float
        FlipFlopRatio: float
        C2IRatio: float
    }

let heldOutSeries = "held-out"

let private folder = Path.Combine(__SOURCE_DIRECTORY__, "results")

let private file = Path.Combine(folder, "learning-rate.csv")

/// The page that is written from the file.
let page = Path.Combine(folder, "learning-rate.md")

let private header =
    "series,optimizer,rate,epochs,seed,top1AfterStep1,top1,trainTop1,flipFlopRatio,c2iRatio"

let private text (value: float) =
    value.ToString("R", CultureInfo.InvariantCulture)

let private line (run: Run) =
    let numbers =
        [ run.Top1AfterStep1; run.Top1; run.TrainTop1; run.FlipFlopRatio; run.C2IRatio ]

    [ run.Series; run.Optimizer; text run.Rate; string run.Epochs; string run.Seed ]
    @ List.map text numbers
    |> String.concat ","

let private parse (line: string) =
    let cells = line.Split ','

    let number k =
        Double.Parse(cells[k], CultureInfo.InvariantCulture)

    {
        Series = cells[0]
        Optimizer = cells[1]
        Rate = number 2
        Epochs = int cells[3]
        Seed = int64 cells[4]
        Top1AfterStep1 = number 5
        Top1 = number 6
        TrainTop1 = number 7
        FlipFlopRatio = number 8
        C2IRatio = number 9
    }

/// All that has been measured, in the order in which it was.
let all () =
    if File.Exists file then
        File.ReadLines file |> Seq.skip 1 |> Seq.map parse |> List.ofSeq
    else
        []

let private keep (run: Run) =
    if not (File.Exists file) then
        File.WriteAllText(file, header + "\n")

    File.AppendAllText(file, line run + "\n")

/// How many of the sample's training images judge.
let heldOutImages = 2000

/// The training images in two parts; the test images are not in it.
let private heldOut =
    let struct (train, rest) =
        Data.FashionMnistSample().Load().Train.Split(heldOutImages, 7L)

    Data.InMemory("held-out training images", train, rest)

/// How many train.
let trainingImages = heldOut.Load().Train.Count

/// The builder's method for an optimizer: WithAdam for Adam.
let private builder (row: OptimizerRow) =
    typeof<BnnTrainer>.GetMethods()
    |> Array.find (fun m -> m.Name.Equals("With" + row.Name, StringComparison.OrdinalIgnoreCase))

/// The learning rate where none is given.
let private defaultRate (row: OptimizerRow) =
    (builder row).GetParameters()
    |> Array.find (fun parameter -> parameter.Name = "learningRate")
    |> _.DefaultValue
    |> Convert.ToDouble

/// The trainer with an optimizer; what is not among these values has its default.
let private withOptimizer (row: OptimizerRow) (values: (string * float) list) (trainer: BnnTrainer) =
    let given = Map.ofList values

    let argument (parameter: ParameterInfo) =
        match given.TryFind parameter.Name with
        | Some value -> Convert.ChangeType(value, parameter.ParameterType, CultureInfo.InvariantCulture)
        | None -> parameter.DefaultValue

    let builder = builder row
    let known = [ for parameter in builder.GetParameters() -> parameter.Name ]

    for name, value in values do
        if not (List.contains name known) then
            let allowed = String.concat ", " known
            failwith $"--option is {name}={text value}; allowed with {row.Name}: {allowed}"

    builder.Invoke(trainer, builder.GetParameters() |> Array.map argument) :?> BnnTrainer

let private label (row: OptimizerRow) (options: (string * float) list) =
    row.Name
    :: [ for name, value in options -> $"{name}={Print.expr (Const value)}" ]
    |> String.concat " "

let private trainer =
    BnnTrainer().WithDiagnostics(false).WithEvaluation(0).WithThreads(1)

let private figures (unmeasured: Run) (trainer: BnnTrainer) =
    try
        let result = trainer.Train()
        use _model = result.Model
        let first, second = result.Stages[0], result.Stages[1]

        { unmeasured with
            Top1AfterStep1 = first.Top1
            Top1 = second.Top1
            TrainTop1 = second.TrainTop1
            FlipFlopRatio = second.FlipFlopRatio
            C2IRatio = second.C2IRatio
        }
    with :? BnnTrainingException ->
        unmeasured

/// What tells trainings apart.
let private key (run: Run) =
    run.Series, run.Optimizer, run.Rate, run.Epochs, run.Seed

let private measured series data (row: OptimizerRow) (rate: float) options epochs seed =
    let wanted =
        {
            Series = series
            Optimizer = label row options
            Rate = rate
            Epochs = epochs
            Seed = seed
            Top1AfterStep1 = nan
            Top1 = nan
            TrainTop1 = nan
            FlipFlopRatio = nan
            C2IRatio = nan
        }

    match all () |> List.tryFind (fun run -> key run = key wanted) with
    | Some run -> run
    | None ->
        let run =
            trainer.WithData(data).TwoStep(wd = 5e-6, epochs = epochs).WithSeed(seed)
            |> withOptimizer row (("learningRate", rate) :: options)
            |> figures wanted

        printfn "%s" (line run)
        keep run
        run

/// A training judged on held-out images.
let onHeldOut row options epochs rate seed =
    measured heldOutSeries heldOut row rate options epochs seed

/// A training with the optimizer's defaults on all of the sample, judged on its test images: one epoch each step.
let withDefaults series row seed =
    measured series (Data.FashionMnistSample()) row (defaultRate row) [] 1 seed
