namespace Bnn.Experiments

open System
open System.Diagnostics
open System.IO

/// What `all.fsx` does.
[<RequireQualifiedAccess>]
module Everything =
    let private say (text: string) = Console.WriteLine text

    let private tierInWords tier =
        match tier with
        | 1 -> "claims of the paper"
        | _ -> "controls"

    /// What is missing, and the price of each.
    let private priced (places: Places) scale experiments =
        let records, problems = Store.readAll places.Store
        problems |> List.iter say
        let jobs = Runner.missing scale experiments (Runner.find places.Store)
        List.zip jobs (jobs |> List.map _.Training |> Price.ofAll places records)

    /// The tiers that are left, with their price; runs whose rates screening still has to find are not in it.
    let private sayPrice (places: Places) scale experiments processes =
        let jobs = priced places scale experiments

        for tier, ofTier in jobs |> List.groupBy (fun (job, _) -> job.Tier) |> List.sortBy fst do
            let seconds = List.sumBy snd ofTier
            let longest = ofTier |> List.map snd |> List.max

            say
                $"{tierInWords tier}: %d{ofTier.Length} runs, {Show.time seconds} of one core, {Show.time (seconds / float processes)} with %d{processes}; the longest {Show.time longest}"

        if jobs.IsEmpty then
            say "nothing is missing"
        elif jobs |> List.exists (fun (job, _) -> job.Training.Protocol = Protocol.Screening) then
            say "runs whose rates and decays screening finds come on top"

    let private sayList places scale experiments =
        for job, seconds in priced places scale experiments do
            say $"{Training.hash job.Training} %4.0f{seconds} {Training.inWords job.Training}"

    let private runOnly (places: Places) scale experiments hash =
        let jobs = Runner.missing scale experiments (Runner.find places.Store)

        match jobs |> List.tryFind (fun job -> Training.hash job.Training = hash) with
        | Some job ->
            if not (Runner.tryRun places.Store (Run.run places id) say job.Training) then
                say $"{hash} is being run by another process"
        | None when File.Exists(Path.Combine(places.Store.Records, hash + ".json")) -> say $"{hash} has its record"
        | None -> Script.problem "--only" hash "a hash that --list shows"

    /// Records that no experiment asks for: of a script that has changed since.
    let private sayUnused (places: Places) scale experiments =
        let records, _ = Store.readAll places.Store
        let wanted = Runner.wanted scale experiments (Runner.find places.Store)

        match records |> List.filter (fun record -> not (wanted.Contains record.Hash)) with
        | [] -> ()
        | unused ->
            let names = unused |> List.map _.Hash |> String.concat ", "
            say $"no script asks for %d{unused.Length} records; they are not used: {names}"

    /// Runs some records again, the cheapest, and says how far their accuracy is from what was recorded.
    let private check places count =
        let records, _ = Store.readAll places.Store

        let cheapest =
            records
            |> List.filter (fun r -> r.Failure = "" && r.Training.Analysis = "")
            |> List.sortBy _.Seconds
            |> List.truncate count

        let folder = Path.Combine(places.Store.Work, "check-" + Guid.NewGuid().ToString "N")

        let apart =
            { places with
                Store = { places.Store with Work = folder }
            }

        try
            for record in cheapest do
                let again = Run.run apart id record.Training
                let difference = Tuning.score again - Tuning.score record

                say
                    $"{record.Hash} {Show.percent (Tuning.score record)} recorded, {Show.percent (Tuning.score again)} now, %+.2f{100.0 * difference} points: {Training.inWords record.Training}"
        finally
            if Directory.Exists folder then
                Directory.Delete(folder, true)

    /// Runs what is missing in this process, as one of several.
    let private work (places: Places) scale experiments =
        Runner.work places.Store (Run.run places id) scale experiments (fun text ->
            say $"""{DateTime.Now.ToString("HH:mm", Globalization.CultureInfo.InvariantCulture)} {text}""")

    /// The same program again, as a worker on the same.
    let private worker (script: string) (options: Options) () =
        let same =
            [
                if options.IsQuick then
                    "--quick"
                "--seeds"
                string options.Scale.Seeds.Length
                match options.Data with
                | Some folder ->
                    "--data"
                    folder
                | None -> ()
            ]

        Process.Start(ProcessStartInfo("dotnet", [ "fsi"; script; "--work" ] @ same))

    /// Pictures and the page, of what is there.
    let private show (options: Options) experiments (places: Places) =
        let find = Runner.find places.Store

        for experiment in experiments do
            for file in Script.draw options experiment find do
                say $"picture {Path.GetFileName file}"

        let records, _ = Store.readAll places.Store
        let page = Script.page options
        Page.write page (Script.pictures options) options.Scale experiments records
        say $"page {page}"

    let private runAll script experiments (options: Options) processes =
        let places = Script.places options experiments
        sayPrice places options.Scale experiments processes
        sayUnused places options.Scale experiments
        let failed = Runner.inProcesses processes (worker script options)
        show options experiments places

        if failed > 0 then
            Console.Error.WriteLine
                $"%d{failed} of %d{processes} processes ended with an error, which they have said above"

            exit 1

    let private dispatch script experiments (options: Options) =
        let places = Script.places options experiments
        let scale = options.Scale

        match options.Rest with
        | [] -> runAll script experiments options 2
        | [ "--processes"; number ] -> runAll script experiments options (Script.whole "--processes" 1 1_000 number)
        | [ "--work" ] -> work places scale experiments
        | [ "--list" ] -> sayList places scale experiments
        | [ "--only"; hash ] -> runOnly places scale experiments hash
        | [ "--check"; number ] -> check places (Script.whole "--check" 1 1_000_000 number)
        | [ "--page" ] ->
            sayUnused places scale experiments
            show options experiments places
        | words ->
            Script.problem
                "options"
                (String.concat " " words)
                "--quick, --data FOLDER, --seeds NUMBER, and one of --list, --only HASH, --page, --processes NUMBER, --check NUMBER"

    /// What all.fsx ends with.
    let main (experiments: Experiment list) (arguments: string[]) =
        Script.guarded (fun () ->
            Script.options (List.ofArray arguments[1..])
            |> dispatch arguments[0] experiments)
