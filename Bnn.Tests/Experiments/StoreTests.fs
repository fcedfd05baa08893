/// The folder of records: what is believed, what is reported, and who may run what.
module Bnn.Tests.ExperimentStoreTests

open System.IO
open Bnn.Experiments
open Bnn.Tests.ExperimentSupport
open Expecto

let private keep store = recordOf 0.5 >> Store.keep store

/// The text of a training's record is changed: it is not used any more, and this is said of it.
let private refusedAfter (change: string -> string) (part: string) =
    inStore (fun store ->
        keep store training
        let file = fileOf store training
        let before = File.ReadAllText file
        File.WriteAllText(file, change before)
        Expect.notEqual (File.ReadAllText file) before "it was changed"
        let records, problems = Store.readAll store
        Expect.isEmpty records "not used"
        Expect.hasLength problems 1 "reported once"
        Expect.stringContains problems[0] file "names the file"
        Expect.stringContains problems[0] part "says why"
        Expect.isNone (Store.tryFind store training) "not found")

[<Tests>]
let tests =
    testList
        "Experiments: the store"
        [
            test "Records that were kept are found by their training, in the order of their hashes, without problems" {
                inStore (fun store ->
                    Expect.equal (Store.readAll store) ([], []) "no folder yet"
                    let trainings = [ for seed in 1L .. 5L -> withSeed seed training ]
                    List.iter (keep store) trainings
                    let records, problems = Store.readAll store
                    Expect.isEmpty problems "problems"

                    Expect.equal
                        [ for r in records -> r.Hash ]
                        (trainings |> List.map Training.hash |> List.sort)
                        "all"

                    Expect.equal (Store.tryFind store trainings[2]).Value.Training trainings[2] "one"
                    Expect.isNone (Store.tryFind store (withSeed 6L training)) "no other")
            }

            test "A record whose configuration was changed is reported and not used" {
                refusedAfter _.Replace("\"batch\": 64", "\"batch\": 65") "was changed by hand"
            }

            test "A record of another numerics version is reported and not used" {
                refusedAfter
                    _.Replace($"\"numericsVersion\": %d{Training.NumericsVersion}", "\"numericsVersion\": 99")
                    "numerics version 99"
            }

            test "A damaged record is reported and not used: cut off, empty, or without its parts" {
                refusedAfter (fun text -> text.Substring(0, text.Length / 2)) "is no record"
                refusedAfter (fun _ -> "") "is no record"
                refusedAfter (fun _ -> "{}") "a part of it is missing"
                refusedAfter _.Replace("\"analysis\": {}", "\"analysis\": null") "a part of it is missing"
                refusedAfter _.Replace("\"failure\": \"\"", "\"colour\": \"\"") "is no record"
            }

            test "A record under another one's name is reported and not used" {
                inStore (fun store ->
                    keep store training
                    let other = withSeed 2L training
                    File.Move(fileOf store training, fileOf store other)
                    let records, problems = Store.readAll store
                    Expect.isEmpty records "not used"
                    Expect.stringContains (List.exactlyOne problems) (Training.hash training) "whose it is"
                    Expect.isNone (Store.tryFind store other) "not found")
            }

            test "A file that cannot be read is reported, not raised" {
                inStore (fun store ->
                    Directory.CreateDirectory store.Records |> ignore

                    for file in [ Path.Combine(store.Records, "nothing.json"); store.Records ] do
                        match Store.read file with
                        | Error problem -> Expect.stringContains problem $"{file} cannot be read: " "says so"
                        | Ok _ -> failtest "it was read")
            }

            test "A record of a time before there were notes on data has none" {
                inStore (fun store ->
                    keep store training
                    let file = fileOf store training
                    let text = File.ReadAllText file
                    let earlier = text.Replace(",\n  \"dataNote\": \"\"", "")
                    Expect.notEqual earlier text "the field is gone"
                    File.WriteAllText(file, earlier)
                    Expect.equal (Store.tryFind store training).Value.DataNote "" "none")
            }

            test
                "Who reads a record while another takes its place reads the first one whole; nothing else is left there" {
                inStore (fun store ->
                    keep store training
                    let file = fileOf store training
                    let before = File.ReadAllText file

                    use reader =
                        new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite))

                    Store.keep store (recordOf 0.75 training)
                    Expect.equal (reader.ReadToEnd()) before "the first"
                    Expect.equal (Store.tryFind store training).Value.TestTop1 0.75 "the second"
                    Expect.equal (Directory.GetFileSystemEntries store.Records) [| file |] "one file")
            }

            test "What cannot be written leaves nothing behind" {
                inStore (fun store ->
                    // a folder is where the file would be
                    Directory.CreateDirectory(fileOf store training) |> ignore
                    Expect.throws (fun () -> keep store training) "it cannot be written"
                    Expect.isEmpty (Directory.GetFiles store.Records) "nothing is left")
            }

            test "A training can be claimed once; when that is over, again; another one can be claimed meanwhile" {
                inStore (fun store ->
                    let first = Store.tryClaim store training
                    Expect.isSome first "the first"
                    Expect.isNone (Store.tryClaim store training) "the second"
                    use _other = (Store.tryClaim store (withSeed 2L training)).Value
                    first.Value.Dispose()
                    use again = (Store.tryClaim store training).Value
                    Expect.isNotNull again "again")
            }

            test "A claim that cannot be made is an error, not the claim of another" {
                inStore (fun store ->
                    let claims = Path.Combine(store.Work, "claims")
                    Directory.CreateDirectory claims |> ignore
                    let claim = Path.Combine(claims, Training.hash training)
                    // a link to itself cannot be opened by anybody
                    File.CreateSymbolicLink(claim, claim) |> ignore
                    Expect.throws (fun () -> Store.tryClaim store training |> ignore) "an error")
            }
        ]
