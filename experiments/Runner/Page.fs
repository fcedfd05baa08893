namespace Bnn.Experiments

open System
open System.Collections.Generic
open System.Globalization
open System.IO

/// A claim, and what became of it.
type private Judged =
    {
        Experiment: Experiment
        Claim: Claim
        Verdict: Verdict
        /// What is to be known about the images of its records; "": nothing.
        Note: string
    }

/// The page of all experiments: what was asked, how, and what came out. All of it is from the scripts and their records.
[<RequireQualifiedAccess>]
module Page =
    let private whole (number: int) =
        number.ToString("N0", CultureInfo.InvariantCulture)

    let private hours (seconds: float) =
        (seconds / 3600.0).ToString("0.0", CultureInfo.InvariantCulture)

    let private counted (count: int) (noun: string) =
        if count = 1 then $"1 {noun}" else $"{whole count} {noun}s"

    /// Text in a cell of a table.
    let private cell (text: string) =
        if text = "" then
            "-"
        else
            text.Replace("|", "\\|").Replace('\n', ' ')

    let private row (cells: string list) =
        "| " + String.concat " | " (List.map cell cells) + " |"

    let private table (head: string list) (rows: string list list) =
        row head :: "|" + String.replicate head.Length "---|" :: List.map row rows

    /// Which images records are of, where that is to be known.
    let private note (records: Record seq) =
        [
            for record in records do
                if record.DataNote <> "" then
                    $"{record.Training.Data} from {record.DataNote} images"
        ]
        |> List.distinct
        |> List.sort
        |> String.concat ", "

    /// A claim's verdict, and the note of the records that it was given.
    let private judge (find: Find) experiment (claim: Claim) =
        let given = List<Record>()

        let noting training =
            let record = find training
            Option.iter given.Add record
            record

        let verdict = claim.Judge noting

        {
            Experiment = experiment
            Claim = claim
            Verdict = verdict
            Note = note given
        }

    let private measured (judged: Judged) =
        let on = if judged.Note = "" then "" else $" ({judged.Note})"
        judged.Verdict.Measured + on

    let private start (scale: Scale) =
        [
            "# The paper's claims, run again"
            ""
            "What \"How Do Adam and Training Strategies Help BNNs Optimization?\" (Liu et al., ICML 2021) claims about binary networks, asked of small networks and"
            "data sets that ordinary processors can train. `all.fsx` writes this page from the scripts of this folder and the records of their runs (results/records);"
            "no figure of ours is typed in. What counts is whether a claim holds here, too: our figures cannot be compared with the paper's, which are of ImageNet."
            if scale.Protocol = Protocol.Quick then
                ""
                "**This page is of a trial (`--quick`). It shows that the scripts work, and is no evidence for anything.**"
            ""
            "```sh"
            "dotnet build -c Release"
            "dotnet fsi experiments/all.fsx            # runs what has no record yet, then writes pictures and this page; may be stopped, and goes on"
            "dotnet fsi experiments/all.fsx --quick    # a trial of all of it"
            "dotnet fsi experiments/all.fsx --list     # a line for each missing run, with its hash and its price in seconds"
            "dotnet fsi experiments/all.fsx --only HASH"
            "dotnet fsi experiments/all.fsx --check 5  # runs five of the records again and compares"
            "dotnet fsi experiments/all.fsx --page     # writes pictures and this page, runs nothing"
            "```"
            ""
        ]

    /// Rates and decays that screening has found, for each data set and optimizer that the runs have.
    let private tuned (scale: Scale) (find: Find) (trainings: Training list) =
        [
            for data in trainings |> List.map _.Data |> List.distinct |> List.sort do
                for name in trainings |> List.map _.Optimizer.Name |> List.distinct |> List.sort do
                    for network, found in
                        [
                            "binary", Usual.tuned scale data name find
                            "real", Usual.tunedReal scale data name find
                        ] do
                        match found with
                        | Some optimizer -> $"{data}, {network} network, {name}: {Json.number optimizer.LearningRate}"
                        | None -> ()
        ]

    let private protocol (scale: Scale) (rates: string list) =
        let images =
            if scale.Images = 0 then
                $"all training images but {whole DataSets.HeldOut}, which are held out"
            else
                $"{whole scale.Images} training images; {whole DataSets.HeldOut} others are held out"

        [
            "## Protocol"
            ""
            $"""- A run trains {counted scale.Epochs "epoch"}, all steps together, on {images}. It has one thread."""
            $"""- Claims rest on {counted scale.Seeds.Length "seed"} of each training, compared seed by seed; intervals are Student's of 95 %%."""
            $"""- Rates and decays are chosen by screening: {whole scale.ScreeningImages} training images, {counted scale.ScreeningEpochs "epoch"}, {counted scale.ScreeningSeeds.Length "seed"}, top-1 on the held-out images."""
            "- The test images are read once, at the end of a run that counts."
            if not rates.IsEmpty then
                "- Rates that screening has found:"

                for rate in rates do
                    $"  - {rate}"
            ""
        ]

    let private claimTable (judged: Judged list) =
        [
            "## Claims"
            ""
            "A claim holds where its prediction, written before the runs, came true; it does not hold where the contrary did; else, and while runs are missing, it is undecided."
            ""
            yield!
                judged
                |> List.map (fun one ->
                    [
                        $"[{one.Claim.Name}](#{one.Experiment.Name})"
                        one.Experiment.Paper
                        one.Claim.Paper
                        measured one
                        whole one.Verdict.Seeds
                        Script.inWords one.Verdict.Outcome
                    ])
                |> table [ "claim"; "figure or table"; "the paper says"; "measured"; "seeds"; "verdict" ]
            ""
        ]

    /// Seconds of training; one training that several analyses share counts once.
    let private seconds (records: Record list) =
        records
        |> List.groupBy (fun r -> Training.hash (Training.plain r.Training))
        |> List.sumBy (fun (_, same) -> same |> List.map _.Seconds |> List.max)

    let private counts (judged: Judged list) (records: Record list) missing =
        let having outcome =
            judged
            |> List.filter (fun one -> one.Verdict.Outcome = outcome)
            |> List.length
            |> whole

        let of' protocol =
            records |> List.filter (fun r -> r.Training.Protocol = protocol)

        let diverged = records |> List.filter (fun r -> r.Failure <> "") |> List.length

        [
            $"Claims that hold: {having Holds} of {whole judged.Length}; that do not hold: {having DoesNotHold}; undecided: {having Undecided}."
            for name, records in
                [
                    "of the full protocol", of' Protocol.Full
                    "of screening", of' Protocol.Screening
                    "of a trial", of' Protocol.Quick
                ] do
                if not records.IsEmpty then
                    $"""There are {counted records.Length "record"} {name}: {hours (seconds records)} core-hours of training."""
            if diverged > 0 then
                $"""{counted diverged "run"} diverged."""
            if missing > 0 then
                $"""{counted missing "run"} that can be named already have no record yet."""
            ""
        ]

    let private machines (records: Record list) =
        let rows =
            [
                for machine, records in
                    records
                    |> List.groupBy (fun r -> { r.Machine with Day = "" })
                    |> List.sortBy fst do
                    let days = records |> List.map _.Machine.Day |> List.sort

                    [
                        machine.Processor
                        machine.Runtime
                        machine.Torch
                        whole records.Length
                        days.Head
                        List.last days
                    ]
            ]

        if rows.IsEmpty then
            []
        else
            table [ "processor"; "runtime"; "libtorch"; "records"; "first day"; "last day" ] rows
            @ [ "" ]

    let private ofClaim (judged: Judged) =
        [
            $"""**{judged.Claim.Name}**: {Script.inWords judged.Verdict.Outcome} ({counted judged.Verdict.Seeds "seed"})"""
            ""
            if judged.Claim.Paper <> "" then
                $"- the paper: {judged.Claim.Paper}"
            $"- expected: {judged.Claim.Prediction}"
            $"- measured: {measured judged}"
            ""
        ]

    let private section
        (scale: Scale)
        (picture: string -> string option)
        (judged: Judged list)
        (experiment: Experiment, records: Record list)
        =
        let of' =
            if experiment.Paper = "" then
                ""
            else
                $"; the paper: {experiment.Paper}"

        let data = note records

        [
            $"<a id=\"{experiment.Name}\"></a>"
            ""
            $"## {experiment.Title}"
            ""
            $"[{experiment.Name}.fsx]({experiment.Name}.fsx){of'}."
            ""
            experiment.Method
            ""
            if data <> "" then
                $"Data: {data}; figures are not comparable to the last tenth with those of images that were never compressed."
                ""
            for shown in experiment.Pictures scale do
                match picture shown.Name with
                | Some file ->
                    $"![{shown.Caption}]({file})"
                    ""
                | None -> ()
            for one in judged do
                if one.Experiment.Name = experiment.Name then
                    yield! ofClaim one
        ]

    /// The page.
    /// <param name="scale">At which claims are judged.</param>
    /// <param name="experiments">In the page's order.</param>
    /// <param name="records">Those that no experiment asks for are left out.</param>
    /// <param name="picture">Where the page finds a picture, by its name; None where it is not there.</param>
    let text (scale: Scale) (experiments: Experiment list) (records: Record list) (picture: string -> string option) =
        let byHash = records |> List.map (fun record -> record.Hash, record) |> Map.ofList
        let find: Find = fun training -> byHash.TryFind(Training.hash training)
        let trainings (experiment: Experiment) = experiment.Trainings scale find
        let wanted = Runner.wanted scale experiments find
        let used = records |> List.filter (fun record -> wanted.Contains record.Hash)

        let judged =
            [
                for experiment in experiments do
                    for claim in experiment.Claims scale -> judge find experiment claim
            ]

        [
            start scale
            protocol scale (tuned scale find (List.collect trainings experiments))
            claimTable judged
            counts judged used (Runner.missing scale experiments find).Length
            machines used
            for experiment in experiments do
                section scale picture judged (experiment, trainings experiment |> List.choose find)
        ]
        |> List.concat
        |> String.concat "\n"

    /// Writes the page to a file, whole or not at all; pictures are those of a folder.
    let write (file: string) (pictures: string) (scale: Scale) (experiments: Experiment list) (records: Record list) =
        let folder = Path.GetDirectoryName(Path.GetFullPath file)

        let picture name =
            let path = Path.Combine(pictures, name + ".svg")

            if File.Exists path then
                Some(Path.GetRelativePath(folder, path).Replace('\\', '/'))
            else
                None

        Directory.CreateDirectory folder |> ignore
        Store.writeWhole file (text scale experiments records picture)
