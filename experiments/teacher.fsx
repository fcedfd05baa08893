// ReActNet-18 at a quarter of its width learns from a real ResNet-18 that is trained first, and from labels, on the Fashion-MNIST
// sample. First `dotnet build -c Release`, then `dotnet fsi experiments/teacher.fsx [--epochs 6] [--seeds 3]`.
// The table is experiments/results/teacher.md.
#load "bnn.fsx"

open Bnn

let option name standard =
    fsi.CommandLineArgs
    |> Array.pairwise
    |> Array.tryPick (fun (key, value) -> if key = name then Some(int value) else None)
    |> Option.defaultValue standard

let epochs, seeds = option "--epochs" 6, option "--seeds" 3
let size = 28

let teacher =
    BnnTrainer()
        .WithModel(Models.ResNet18(10, 1, size).Scaled 0.25)
        .WithAdam(learningRate = 2e-3)
        .WithStages(Stage.Create("teacher", false, false, epochs))
        .WithProgress()
        .Train()

let student = Models.ReActNet18(10, 1, size).Scaled 0.25

let ways: (string * (BnnTrainer -> BnnTrainer)) list =
    [
        "labels", id
        "teacher", _.WithTeacher(teacher.Model)
        "teacher and labels, half each", _.WithTeacher(teacher.Model, hardLabels = 0.5)
        "teacher, temperature 4", _.WithTeacher(teacher.Model, temperature = 4.0)
    ]

let runs =
    [
        for name, way in ways do
            for seed in 1..seeds do
                let trainer =
                    BnnTrainer()
                        .WithModel(student)
                        .WithAdam(learningRate = 5e-3)
                        .TwoStep(wd = 5e-6, epochs = epochs)
                        .WithSeed(int64 seed)
                        .WithProgress()

                printfn $"{name}, seed {seed}"
                let result = (way trainer).Train()
                use _model = result.Model
                name, result.Stages
    ]

let mean (numbers: float list) =
    if numbers.IsEmpty then nan else List.average numbers

let scientific (number: float) =
    number.ToString("0.0e-0", System.Globalization.CultureInfo.InvariantCulture)

printfn
    $"\n{student.Name}, Fashion-MNIST sample, two-step, {epochs} + {epochs} epochs, seeds 1..{seeds}; teacher {teacher.Model.Description.Name}, {epochs} epochs: {100.0 * teacher.Stages[0].Top1:F2} %% top-1\n"

printfn "| learns from | step 1 top-1, mean | step 2 top-1 by seed | mean | FF of step 2 | C2I of step 2 |"
printfn "|---|---|---|---|---|---|"

for name, _ in ways do
    let stages =
        [
            for way, stages in runs do
                if way = name then
                    List.ofSeq stages
        ]

    let step2 = stages |> List.map (fun stages -> stages[1])

    let bySeed =
        step2
        |> List.map (fun stage -> $"{100.0 * stage.Top1:F2}")
        |> String.concat ", "

    printfn
        $"| {name} | {mean [ for stage in stages -> 100.0 * stage[0].Top1 ]:F2} | {bySeed} | {mean [ for stage in step2 -> 100.0 * stage.Top1 ]:F2} | {scientific (mean [ for stage in step2 -> stage.FlipFlopRatio ])} | {mean [ for stage in step2 -> stage.C2IRatio ]:F4} |"
