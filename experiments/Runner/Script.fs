namespace Bnn.Experiments

open System
open System.Globalization
open System.IO
open Bnn

/// What a script was asked to do.
type Options =
    {
        IsQuick: bool
        Data: string option
        Scale: Scale
        /// The rest, for the script itself.
        Rest: string list
    }

/// The scripts' common part: `dotnet fsi experiments/NAME.fsx --quick --data FOLDER --seeds 5`.
[<RequireQualifiedAccess>]
module Script =
    /// Refuses an option.
    let problem name value allowed =
        raise (BnnConfigurationException [ Fault(name, value, allowed) ])

    /// A whole number in a range, of an option.
    let whole name least most (text: string) =
        match Int32.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture) with
        | true, number when number >= least && number <= most -> number
        | _ -> problem name text $"a whole number from %d{least} to %d{most}"

    let rec private read (options: Options) (arguments: string list) =
        match arguments with
        | [] ->
            { options with
                Rest = List.rev options.Rest
            }
        | "--quick" :: rest ->
            read
                { options with
                    IsQuick = true
                    Scale =
                        { Scale.quick with
                            Seeds = Scale.quick.Seeds |> List.truncate options.Scale.Seeds.Length
                        }
                }
                rest
        | "--data" :: folder :: rest -> read { options with Data = Some folder } rest
        | "--seeds" :: number :: rest ->
            let seeds = [ 1L .. int64 (whole "--seeds" 1 100 number) ]

            read
                { options with
                    Scale = { options.Scale with Seeds = seeds }
                }
                rest
        | [ "--data" | "--seeds" as option ] ->
            problem option "the last word" "a folder behind --data, a number behind --seeds"
        | other :: rest ->
            read
                { options with
                    Rest = other :: options.Rest
                }
                rest

    /// Reads the arguments behind the script's name.
    let options (arguments: string list) =
        read
            {
                IsQuick = false
                Data = None
                Scale = Scale.full
                Rest = []
            }
            arguments

    let private experimentsFolder =
        Path.GetFullPath(Path.Combine(__SOURCE_DIRECTORY__, ".."))

    let private runs name =
        Path.Combine(Environment.CurrentDirectory, "runs", name)

    let private quickFolder () = runs "experiments-quick"

    /// Records are kept beside the scripts, what is written while trainings run in runs/ of the working folder; of --quick all of it there.
    let places (options: Options) (experiments: Experiment list) =
        {
            Store =
                if options.IsQuick then
                    {
                        Records = Path.Combine(quickFolder (), "records")
                        Work = quickFolder ()
                    }
                else
                    {
                        Records = Path.Combine(experimentsFolder, "results", "records")
                        Work = runs "experiments"
                    }
            Data = options.Data
            Analyses = experiments |> List.collect _.Analyses |> List.distinctBy _.Name
        }

    /// The folder of pictures.
    let pictures (options: Options) =
        if options.IsQuick then
            quickFolder ()
        else
            Path.Combine(experimentsFolder, "results", "pictures")

    /// The page of all experiments.
    let page (options: Options) =
        Path.Combine(
            (if options.IsQuick then
                 quickFolder ()
             else
                 experimentsFolder),
            "README.md"
        )

    let inWords outcome =
        match outcome with
        | Holds -> "holds"
        | DoesNotHold -> "does not hold"
        | Undecided -> "undecided"

    /// Draws what there are records for; the files.
    let draw (options: Options) (experiment: Experiment) find =
        let folder = pictures options
        Directory.CreateDirectory folder |> ignore

        [
            for picture in experiment.Pictures options.Scale do
                match picture.Draw find with
                | Some plot ->
                    let file = Path.Combine(folder, picture.Name + ".svg")
                    Store.writeWhole file (Chart.svg plot picture.Width picture.Height)
                    file
                | None -> ()
        ]

    /// Runs what an experiment lacks, draws its pictures and says what became of its claims.
    let run (experiment: Experiment) (options: Options) =
        let places = places options [ experiment ]
        let say (text: string) = Console.WriteLine text
        say $"{experiment.Title} ({experiment.Paper})\n"
        say (experiment.Method + "\n")
        Runner.work places.Store (Run.run places id) options.Scale [ experiment ] say
        let find = Runner.find places.Store

        for file in draw options experiment find do
            say $"picture {file}"

        for claim in experiment.Claims options.Scale do
            let verdict = claim.Judge find

            let outcome =
                if options.IsQuick then
                    "no evidence, --quick"
                else
                    inWords verdict.Outcome

            say $"\n{claim.Name}: {outcome}\n  expected: {claim.Prediction}\n  measured: {verdict.Measured}"

    /// Does what a script does. What is wrong, or that it was stopped, is said in one line; the exit code is then 1.
    let guarded (act: unit -> unit) =
        let fail (text: string) =
            Console.Error.WriteLine text
            exit 1

        try
            act ()
        with
        | :? BnnStoppedException as e -> fail $"{e.Message}; finished runs have their records"
        | :? IOException
        | :? UnauthorizedAccessException
        | :? BnnConfigurationException as e -> fail e.Message

    /// What a script ends with: runs the experiment where the script is the program, and does nothing where another one has loaded it.
    let main (experiment: Experiment) (arguments: string[]) =
        let isProgram =
            arguments.Length > 0
            && Path.GetFileNameWithoutExtension arguments[0] = experiment.Name

        if isProgram then
            guarded (fun () ->
                let options = options (List.ofArray arguments[1..])

                match options.Rest with
                | [] -> run experiment options
                | other :: _ -> problem "option" other "--quick, --data FOLDER, --seeds NUMBER")
