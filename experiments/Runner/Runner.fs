namespace Bnn.Experiments

open System
open System.Diagnostics
open System.Runtime.InteropServices
open System.Threading
open Bnn

/// A run that is wanted: the lower the tier, the earlier.
type Job = { Tier: int; Training: Training }

/// Runs what is missing.
[<RequireQualifiedAccess>]
module Runner =
    /// What experiments need beside what they have: by tier, in a tier screening first, then seed by seed, so that contrasts are whole early; what is analysed after it was trained.
    let missing (scale: Scale) (experiments: Experiment list) (find: Find) =
        [
            for experiment in experiments do
                for training in experiment.Trainings scale find do
                    if (find training).IsNone then
                        {
                            Tier = experiment.Tier
                            Training = training
                        }
        ]
        |> List.groupBy (fun job -> Training.hash job.Training)
        |> List.map (fun (_, same) -> same |> List.minBy _.Tier)
        |> List.sortBy (fun job ->
            job.Tier, job.Training.Protocol <> Protocol.Screening, job.Training.Seed, job.Training.Analysis <> "")

    /// The records of a folder by hash, read anew.
    let find (store: Store) : Find =
        let records, _ = Store.readAll store
        let byHash = records |> List.map (fun record -> record.Hash, record) |> Map.ofList
        fun training -> byHash.TryFind(Training.hash training)

    /// The hashes of all that experiments ask for.
    let wanted (scale: Scale) (experiments: Experiment list) (find: Find) =
        [
            for experiment in experiments do
                for training in experiment.Trainings scale find -> Training.hash training
        ]
        |> Set.ofList

    /// Runs one training unless it has a record or another process is at it; whether it was run.
    let tryRun (store: Store) (run: Training -> Record) (say: string -> unit) (training: Training) =
        // trainings that differ in their analysis alone train in the same folder
        match Store.tryClaim store (Training.plain training) with
        | None -> false
        | Some claim ->
            use _claim = claim

            // it may have been finished between the list and the claim
            if (Store.tryFind store training).IsSome then
                false
            else
                say $"{Training.hash training} {Training.inWords training}"
                let clock = Stopwatch.StartNew()
                let record = run training
                Store.keep store record

                let result =
                    if record.Failure <> "" then
                        record.Failure
                    else
                        $"{Show.percent (Tuning.score record)} held out"

                say $"{Training.hash training} {result}, %.0f{clock.Elapsed.TotalSeconds} s"
                true

    /// Runs what is missing, one after another, until nothing is. Where others are at all that is left it waits, and looks again after a pause: what they
    /// find may say what is to be run next.
    /// <exception cref="BnnStoppedException">It was asked to stop during a training, whose checkpoint is saved.</exception>
    let rec workEvery (pause: TimeSpan) store run scale experiments say =
        let jobs = missing scale experiments (find store)

        if not jobs.IsEmpty then
            if not (jobs |> List.exists (fun job -> tryRun store run say job.Training)) then
                Thread.Sleep pause

            workEvery pause store run scale experiments say

    /// The same; it looks again every 10 seconds.
    let work store run scale experiments say =
        workEvery (TimeSpan.FromSeconds 10.0) store run scale experiments say

    [<Literal>]
    let private Terminate = 15

    [<DllImport("libc", EntryPoint = "kill")>]
    extern int private signal(int processId, int number)

    /// Starts so many processes of a program, and waits for all of them; how many ended with an error. Who asks this process to stop asks them.
    /// <exception cref="BnnStoppedException">It was asked to stop; they have saved what they were at.</exception>
    let inProcesses count (start: unit -> Process) =
        let running = List.init count (fun _ -> start ())
        use stopping = new CancellationTokenSource()

        let stop (context: PosixSignalContext) =
            context.Cancel <- true
            stopping.Cancel()

            for one in running do
                if not one.HasExited then
                    signal (one.Id, Terminate) |> ignore

        use _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, stop)
        use _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, stop)

        for one in running do
            one.WaitForExit()

        let failed = running |> List.filter (fun one -> one.ExitCode <> 0) |> List.length

        if stopping.IsCancellationRequested then
            raise (
                BnnStoppedException(
                    "stopped; what was being trained is saved: start again, and it goes on from there",
                    stopping.Token
                )
            )

        failed
