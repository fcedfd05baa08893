/// Nothing that the library stores, compares or prints depends on the culture of the thread.
module Bnn.Tests.CultureTests

open System
open System.Globalization
open System.IO
open Bnn
open Bnn.Tests.CultureRuns
open Bnn.Tests.DataSupport
open Bnn.Tests.ResumeSupport
open Bnn.Tests.StartSupport
open Expecto

/// Runs under a culture; threads that are started meanwhile have it too.
let private under (culture: CultureInfo) (action: unit -> 'T) =
    let before = CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture

    try
        CultureInfo.CurrentCulture <- culture
        CultureInfo.CurrentUICulture <- culture
        action ()
    finally
        CultureInfo.CurrentCulture <- fst before
        CultureInfo.CurrentUICulture <- snd before

/// A decimal comma, a dotless i, and a minus sign of its own.
let private cultures =
    [ "de-DE"; "tr-TR"; "fa-IR" ] |> List.map CultureInfo.GetCultureInfo

let private everything culture =
    under culture (fun () ->
        let mutable found = []

        inFolder (fun folder ->
            Directory.CreateDirectory folder |> ignore
            let part name = Path.Combine(folder, name)

            found <-
                List.concat [ runs (part "run"); reports (part "told"); errors (); values () ]
                |> List.map (fun (name, text) -> name, text.Replace(folder, "")))

        found)

[<Tests>]
let tests =
    testList
        "Cultures"
        [
            test
                "all that a training, its reports, files, errors and values write is the same under de-DE, tr-TR and fa-IR, byte for byte" {
                let expected = everything CultureInfo.InvariantCulture

                for culture in cultures do
                    let found = everything culture
                    Expect.equal (List.map fst found) (List.map fst expected) $"{culture.Name}: names"

                    for (name, text), (_, wanted) in List.zip found expected do
                        Expect.equal text wanted $"{culture.Name}: {name}"
            }

            test "a training that was stopped under one culture goes on under another" {
                let left (result: TrainingResult) =
                    use model = result.Model
                    [ for e in result.Epochs -> e.Loss, e.FlipFlopRatio ], tensorsOf model

                let whole = left (training.Train())

                for first in cultures do
                    inFolder (fun folder ->
                        let mine = training.SaveTo(folder).WithCheckpoints(TimeSpan.Zero)
                        Expect.isNone (under first (fun () -> resultFor 7 mine)) "stopped"
                        let rest = under CultureInfo.InvariantCulture (fun () -> mine.Train())
                        Expect.equal (left rest) whole $"{first.Name}, then none")
            }

            test
                "no code of the library asks for the thread's culture: numbers as text and back, case, order, comparisons" {
                Expect.equal (CultureScan.find typeof<Fault>.Assembly) [] "the core"
                Expect.equal (CultureScan.find typeof<BnnFileException>.Assembly) [] "files"
                Expect.equal (CultureScan.find typeof<DataSource>.Assembly) [] "data"
                Expect.equal (CultureScan.find typeof<BnnTrainer>.Assembly) [] "the facade"
            }

            test "the search for such code finds each kind of it" {
                let found = CultureScan.findIn typeof<CultureSamples.Samples>

                for member' in typeof<CultureSamples.Samples>.GetMethods() do
                    if member'.DeclaringType = typeof<CultureSamples.Samples> then
                        let isFound = found |> List.exists (fun text -> text.Contains $".{member'.Name}:")
                        Expect.equal isFound (member'.Name.StartsWith("Bad", StringComparison.Ordinal)) member'.Name
            }
        ]
