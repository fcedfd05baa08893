/// Who runs what, and in which order. Nothing is trained.
module Bnn.Tests.ExperimentRunnerTests

open System
open System.Collections.Concurrent
open System.IO
open System.Threading
open System.Threading.Tasks
open Bnn
open Bnn.Experiments
open Bnn.Tests.ExperimentSupport
open Expecto

let private scale = Scale.full
let private work = Runner.workEvery (TimeSpan.FromMilliseconds 10.0)

let private seeds count =
    [ for seed in 1L .. count -> withSeed seed training ]

/// What is run, in order; a run takes some milliseconds, so that runners meet.
let private counting () =
    let runs = ConcurrentQueue<string>()

    let run training =
        runs.Enqueue(Training.hash training)
        Thread.Sleep 3
        recordOf 0.5 training

    runs, run

let private finish (task: Task) =
    Expect.isTrue (task.Wait(TimeSpan.FromSeconds 60.0)) "it ends"

let private optionFault (arguments: string list) =
    try
        Script.options arguments |> ignore
        failtest "nothing was refused"
    with :? BnnConfigurationException as e ->
        e.Message

[<Tests>]
let tests =
    testList
        "Experiments: the runner"
        [
            test
                "The paper's claims come first, then controls, in both screening first, then seed by seed, of each seed analyses last, and nothing twice" {
                let screeningOf (training: Training) =
                    { training with
                        Protocol = Protocol.Screening
                    }

                let screening = screeningOf training

                let analysed = { training with Analysis = "landscape" }
                let one, two = trainingAt 0.1, trainingAt 0.2

                let experiments =
                    [
                        experimentOf
                            "control"
                            2
                            [
                                withSeed 2L two
                                withSeed 1L two
                                screeningOf two
                                withSeed 1L one
                                screening
                            ]
                        experimentOf
                            "claim"
                            1
                            [ analysed; withSeed 1L one; withSeed 2L one; withSeed 1L training; screening ]
                    ]

                let jobs = Runner.missing scale experiments (fun _ -> None)

                Expect.equal
                    [ for job in jobs -> job.Tier, job.Training ]
                    [
                        1, screening
                        1, withSeed 1L one
                        1, withSeed 1L training
                        1, analysed
                        1, withSeed 2L one
                        2, screeningOf two
                        2, withSeed 1L two
                        2, withSeed 2L two
                    ]
                    "order"
            }

            test
                "A price is what records of the like took by their images; who is trained and analysed is trained once, or not at all where its network is there" {
                inStore (fun store ->
                    let few (training: Training) = { training with Images = 320 }
                    let plain, other = few (withSeed 2L training), few (withSeed 3L training)

                    let analysed (training: Training) =
                        { training with Analysis = "landscape" }

                    let places =
                        {
                            Store = store
                            Data = None
                            Analyses =
                                [
                                    {
                                        Name = "landscape"
                                        Price = 0.25
                                        Of = fun _ _ _ -> Map.empty
                                    }
                                ]
                        }

                    let price trainings =
                        Price.ofAll places [ recordOf 0.5 (few training) ] trainings

                    Expect.equal (price [ plain; { plain with Images = 640 } ]) [ 3_600.0; 7_200.0 ] "by images"
                    Expect.equal (price [ plain; analysed plain ]) [ 3_600.0; 900.0 ] "trained once"

                    Expect.equal
                        (price [ analysed plain; analysed other ])
                        [ 4_500.0; 4_500.0 ]
                        "trained for its analysis"

                    let folder = Directory.CreateDirectory(Run.folder places plain).FullName
                    File.WriteAllText(Path.Combine(folder, "result.json"), "{}")
                    Expect.equal (price [ analysed plain; analysed other ]) [ 900.0; 4_500.0 ] "its network is there")
            }

            test "What has a record is not missing, of all seeds but one that one is" {
                let find = finding [ for training in seeds 3L -> recordOf 0.5 training ]
                let jobs = Runner.missing scale [ experimentOf "x" 1 (seeds 4L) ] find
                Expect.equal [ for job in jobs -> job.Training.Seed ] [ 4L ] "the fourth"
            }

            test "A runner runs all that is missing once, and keeps its records" {
                inStore (fun store ->
                    Store.keep store (recordOf 0.25 training)
                    let runs, run = counting ()
                    let said = ResizeArray<string>()
                    work store run scale [ experimentOf "x" 1 (seeds 3L) ] said.Add

                    Expect.equal
                        (List.ofSeq runs)
                        [ for t in List.tail (seeds 3L) -> Training.hash t ]
                        "two were missing"

                    Expect.equal (fst (Store.readAll store)).Length 3 "records"
                    Expect.equal (Store.tryFind store training).Value.TestTop1 0.25 "the first is as it was"
                    Expect.exists said (fun line -> line.Contains "50.00 % held out") "it says what came out")
            }

            test "Several runners on one folder never run the same training twice, and together run all" {
                inStore (fun store ->
                    let runs, run = counting ()
                    use start = new Barrier 3

                    let runner () =
                        start.SignalAndWait()
                        work store run scale [ experimentOf "x" 1 (seeds 12L) ] ignore

                    finish (
                        Task.WhenAll
                            [|
                                for _ in 1..3 -> Task.Factory.StartNew(runner, TaskCreationOptions.LongRunning)
                            |]
                    )

                    Expect.equal
                        (List.sort (List.ofSeq runs))
                        (seeds 12L |> List.map Training.hash |> List.sort)
                        "each once")
            }

            test "A runner waits for what another is at, and goes on with what its record makes known" {
                inStore (fun store ->
                    let next = trainingAt 0.5

                    let experiment =
                        { experimentOf "x" 1 [] with
                            Trainings =
                                fun _ find ->
                                    training
                                    :: [
                                        if (find training).IsSome then
                                            next
                                    ]
                        }

                    let claim = (Store.tryClaim store training).Value
                    let runs, run = counting ()
                    let runner = Task.Run(fun () -> work store run scale [ experiment ] ignore)
                    Expect.isFalse (runner.Wait 100) "it waits"
                    Store.keep store (recordOf 0.5 training)
                    claim.Dispose()
                    finish runner
                    Expect.equal (List.ofSeq runs) [ Training.hash next ] "it goes on")
            }

            test "A training with an analysis is not run beside the same one without: both use one folder" {
                inStore (fun store ->
                    let analysed = { training with Analysis = "landscape" }
                    let _, run = counting ()
                    let claim = (Store.tryClaim store training).Value
                    Expect.isFalse (Runner.tryRun store run ignore analysed) "not while the other is at it"
                    claim.Dispose()
                    Expect.isTrue (Runner.tryRun store run ignore analysed) "then it is"
                    Expect.isFalse (Runner.tryRun store run ignore analysed) "and not again")
            }

            test "A run that is stopped ends the runner, and leaves no record and no claim" {
                inStore (fun store ->
                    let stopped _ : Record =
                        raise (BnnStoppedException("stopped", CancellationToken.None))

                    let experiments = [ experimentOf "x" 1 (seeds 2L) ]

                    Expect.throwsT<BnnStoppedException>
                        (fun () -> work store stopped scale experiments ignore)
                        "it ends"

                    Expect.equal (Store.readAll store) ([], []) "no record"
                    let runs, run = counting ()
                    work store run scale experiments ignore
                    Expect.equal runs.Count 2 "both are run after it")
            }

            test "A bad option is refused by one error that names it, its value and what is allowed" {
                for arguments, part in
                    [
                        [ "--seeds"; "0" ], "--seeds is 0; allowed: a whole number from 1 to 100"
                        [ "--seeds"; "two" ], "--seeds is two; allowed: a whole number from 1 to 100"
                        [ "--seeds"; "99999999999" ], "--seeds is 99999999999"
                        [ "--quick"; "--seeds" ], "--seeds is the last word"
                        [ "--data" ], "--data is the last word; allowed: a folder"
                    ] do
                    Expect.stringContains (optionFault arguments) part "the error"
            }

            test "Options in any order; words that are none of them are left to the script" {
                let options = Script.options [ "--seeds"; "3"; "--page"; "--data"; "x"; "--only" ]

                Expect.equal
                    options.Scale
                    { Scale.full with
                        Seeds = [ 1L; 2L; 3L ]
                    }
                    "seeds"

                Expect.equal
                    (options.Data, options.IsQuick, options.Rest)
                    (Some "x", false, [ "--page"; "--only" ])
                    "the rest"

                let quick =
                    [
                        Script.options [ "--quick"; "--seeds"; "1" ]
                        Script.options [ "--seeds"; "1"; "--quick" ]
                    ]

                for options in quick do
                    Expect.equal options.Scale { Scale.quick with Seeds = [ 1L ] } "quick"
            }
        ]
