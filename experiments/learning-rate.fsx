(**
Which learning rate suits each optimizer on the built-in sample? Each rate trains the small network in two steps on 8,000 of the
sample's training images and is judged on the other 2,000; the test images are not read. The defaults of `WithAdam` and the others
come from here. First `dotnet build -c Release`, then `dotnet fsi experiments/learning-rate.fsx`.
Expected: results/learning-rate.md. It is written from results/learning-rate.csv, and what is there is not trained again; without that file
it takes about 40 minutes, on one core.
Rates are 1 and 3 times powers of ten. The search begins at the default, and ends when on each side of the best a rate is two
standard errors below it, or two rates are known; then the rates within two standard errors are trained with the other seeds.
Options: --epochs 2 (each step), --only Adam,Lion, --seeds 1,2, --option gamma=1e-3 (any number of them; with --only),
--defaults NAME (trains one epoch each step with the defaults, judged on the test images, and nothing else).
*)
#load "learning-rate-page.fsx"

open System
open System.Globalization
open System.Text.RegularExpressions
open Bnn
open ``Learning-rate-runs``
open ``Learning-rate-page``

let arguments = List.ofArray fsi.CommandLineArgs |> List.tail

let given name =
    arguments |> List.pairwise |> List.filter (fst >> (=) name) |> List.map snd

let option name otherwise =
    List.tryHead (given name) |> Option.defaultValue otherwise

let number (text: string) =
    Double.Parse(text, CultureInfo.InvariantCulture)

let epochs = int (option "--epochs" "2")
let seeds = (option "--seeds" "1,2").Split ',' |> Array.map int64 |> List.ofArray

let rows =
    match option "--only" "" with
    | "" -> Catalogue.all
    | names ->
        [
            for name in names.Split ',' ->
                match Catalogue.tryFind name with
                | Some row -> row
                | None ->
                    let known = Catalogue.all |> List.map _.Name |> String.concat ", "
                    failwith $"--only is {name}; allowed: {known}"
        ]

let options =
    [
        for text in given "--option" do
            match text.Split '=' with
            | [| name; value |] -> name, number value
            | _ -> failwith $"--option is {text}; allowed: name=number"
    ]

/// Rate number k: 1 times a power of ten for an even k, 3 times for an odd one.
let rateOf k =
    number $"""{if k % 2 = 0 then 1 else 3}e{int (floor (float k / 2.0))}"""

let nearest rate = int (round (2.0 * log10 rate))

/// Top-1, by which rates are compared: below all where the loss was no number any more.
let score (run: Run) =
    if Double.IsNaN run.Top1 then -1.0 else run.Top1

/// Whether a share is two standard errors or more below the best.
let isClearlyWorse best share = share < best - 2.0 * standardError best

/// The next rate to train, by its number: on both sides of the best until one is clearly worse, or two are known.
let next (known: Map<int, float>) =
    let best, share = known |> Map.toList |> List.maxBy snd

    let missing side =
        match known.TryFind(best + side) with
        | None -> Some(best + side)
        | Some near when isClearlyWorse share near || known.ContainsKey(best + 2 * side) -> None
        | Some _ -> Some(best + 2 * side)

    List.tryPick missing [ -1; 1 ]

let tune (row: OptimizerRow) =
    let train seed k =
        score (onHeldOut row options epochs (rateOf k) seed)

    let rec search known =
        match next known with
        | Some k -> search (known.Add(k, train seeds.Head k))
        | None -> known

    let start = nearest row.LearningRate
    let known = search (Map.empty |> Map.add start (train seeds.Head start))
    let best = known |> Map.values |> Seq.max

    for KeyValue(k, share) in known do
        if not (isClearlyWorse best share) then
            for seed in seeds.Tail do
                train seed k |> ignore

match option "--defaults" "" with
| "" -> List.iter tune rows
// it becomes a cell of a CSV file, which a spreadsheet must not take for a formula, nor for two cells
| series when not (Regex.IsMatch(series, @"^\w[\w .-]*$")) ->
    failwith
        $"--defaults is {series}; allowed: a name that begins with a letter or digit, of these, spaces, dots and hyphens"
| series ->
    for row in rows do
        for seed in seeds do
            withDefaults series row seed |> ignore

write ()
