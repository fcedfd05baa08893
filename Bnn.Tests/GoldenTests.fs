module Bnn.Tests.GoldenTests

open System.IO
open Bnn
open Expecto

/// Every way of running a rule; each file goes through all of them.
let private runs: (string * GoldenOptimizers.Run) list =
    [
        "the interpreter", Reference.trajectory
        for width in Reference.widths do
            $"compiled, {width}", Reference.compiledTrajectory width
        "over torch operations", TensorTrajectory.run
    ]

let private name (path: string) = Path.GetFileNameWithoutExtension path

let private optimizer path =
    test (name path) {
        let file = Golden.read path

        for run, trajectory in runs do
            match GoldenOptimizers.firstDifference trajectory GoldenOptimizers.fromCatalogue file with
            | None -> ()
            | Some difference -> failtest $"{run}: {difference}"
    }

let private schedule path =
    test (name path) {
        let file = Golden.read path
        let at = GoldenFormulas.scheduleOf file

        Golden.numbers "values" file
        |> Array.iteri (fun step expected ->
            Expect.isTrue (Checks.near 1e-12 1e-18 expected (at step)) $"step {step}: {at step}, should be {expected}")
    }

let private binarizer path =
    test (name path) {
        let file = Golden.read path
        let layer = Elementwise.ofBinarizer (GoldenFormulas.binarizerOf file)
        let x, c = Golden.numbers "x" file, Golden.numbers "c" file
        let y, gradient = Golden.numbers "y" file, Golden.numbers "grad" file
        Expect.equal (y.Length, c.Length, gradient.Length) (x.Length, x.Length, x.Length) "as many of each"

        for how in Plans.ways do
            let actualY = Plans.forward how (Plans.flat x) x layer
            let actualGradient, _ = Plans.backward how (Plans.flat x) x c layer

            for i in 0 .. x.Length - 1 do
                Expect.isTrue (Checks.near 0.0 1e-12 y[i] actualY[i]) $"{how}, value at {x[i]}"

                Expect.isTrue
                    (Checks.near 1e-12 1e-12 gradient[i] actualGradient[i])
                    $"{how}, gradient at {x[i]}: {actualGradient[i]}, should be {gradient[i]}"
    }

let private network path =
    test (name path) { GoldenNetworks.check (name path) (Golden.read path) }

/// The folders that are read, and what becomes of a file of each.
let private readers =
    [
        "optimizers", optimizer
        "schedules", schedule
        "binarizers", binarizer
        "models", network
    ]

/// A test a file.
[<Tests>]
let tests =
    testList
        "Golden"
        [
            for kind, each in readers do
                match Golden.filesOf Golden.folder kind with
                | [||] -> Checks.notTriedTest $"{kind}: no files"
                | files -> testList kind [ for file in files -> each file ]

            match GoldenTraining.filesOf Golden.folder with
            | [||] -> Checks.notTriedTest "training: no files"
            | files -> testList "training" [ for file in files -> test (name file) { GoldenTraining.check file } ]

            match GoldenImages.tests Golden.folder with
            | [] -> Checks.notTriedTest "images: no files"
            | files -> testList "images" files

            for kind in
                Golden.kinds Golden.folder
                |> Array.except ("training" :: "images" :: List.map fst readers) do
                Checks.notTriedTest $"{kind}: no reader"
        ]
