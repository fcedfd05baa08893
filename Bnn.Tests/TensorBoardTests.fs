module Bnn.Tests.TensorBoardTests

open System
open System.IO
open System.Text
open Bnn
open Bnn.Tests.ReportingTests
open Expecto
open Tensorboard

/// CRC-32C bit by bit, from its polynomial.
let private crc (data: byte[]) =
    let mutable crc = 0xffffffffu

    for b in data do
        crc <- crc ^^^ uint32 b

        for _ in 1..8 do
            crc <-
                if crc &&& 1u = 1u then
                    (crc >>> 1) ^^^ 0x82f63b78u
                else
                    crc >>> 1

    ~~~crc

let private masked data =
    let crc = crc data
    ((crc >>> 15) ||| (crc <<< 17)) + 0xa282ead8u

/// The data of the records of a TFRecord file, whose checksums must be right.
let private records (file: byte[]) =
    let rec from at =
        [
            if at < file.Length then
                let length = int (BitConverter.ToUInt64(file, at))
                Expect.equal (BitConverter.ToUInt32(file, at + 8)) (masked file[at .. at + 7]) "the length's checksum"
                let data = file[at + 12 .. at + 11 + length]
                Expect.equal (BitConverter.ToUInt32(file, at + 12 + length)) (masked data) "the data's checksum"
                data
                yield! from (at + 16 + length)
        ]

    from 0

/// The events of a file, by the classes that TensorBoard's own definitions give.
let private events (file: string) =
    [ for data in records (File.ReadAllBytes file) -> Event.Parser.ParseFrom data ]

/// In TensorBoard's order, that of their names.
let private files folder =
    Directory.GetFiles(folder, "events.out.tfevents.*")
    |> Array.sortWith (fun a b -> String.CompareOrdinal(a, b))
    |> List.ofArray

/// The step, the tag and the value of all that has been shown.
let private shown (events: Event list) =
    [
        for event in events do
            if not (isNull event.Summary) then
                for value in event.Summary.Value -> event.Step, value.Tag, value
    ]

/// What TensorBoard shows of a folder: a session's start withdraws what was there of its step and later ones.
let internal kept folder =
    List.collect events (files folder)
    |> List.fold
        (fun before event ->
            if isNull event.SessionLog then
                before @ [ event ]
            else
                before |> List.filter (fun earlier -> earlier.Step < event.Step))
        []
    |> shown

type private Clock(seconds: int64) =
    inherit TimeProvider()

    override _.GetUtcNow() =
        DateTimeOffset.FromUnixTimeSeconds seconds

[<Tests>]
let tests =
    testList
        "Report: TensorBoard"
        [
            testCase "CRC-32C has the values of RFC 3720, appendix B.4"
            <| fun _ ->
                for data, expected in
                    [
                        Array.zeroCreate 32, 0x8a9136aau
                        Array.create 32 0xffuy, 0x62a8ab43u
                        Array.init 32 byte, 0x46dd794eu
                        Array.init 32 (fun k -> byte (31 - k)), 0x113fdb5cu
                        Encoding.ASCII.GetBytes "123456789", 0xe3069283u
                        [||], 0u
                    ] do
                    Expect.equal (EventRecord.Crc32C(ReadOnlySpan data)) expected "ours"
                    Expect.equal (crc data) expected "the test's own"

            testCase "A run's events are its numbers, epoch by epoch through all stages"
            <| fun _ ->
                withFolder (fun folder ->
                    let result = (DiagnosticsSupport.tiny ()).TwoStep(epochs = 2).SaveTo(folder).Train()
                    use _model = result.Model
                    let file = List.exactlyOne (files folder)
                    let all = events file
                    Expect.equal all.Head.FileVersion "brain.Event:2" "version"

                    let scalars name =
                        [
                            for step, tag, value in shown all do
                                if tag = name then
                                    Expect.equal
                                        value.ValueCase
                                        Summary.Types.Value.ValueOneofCase.SimpleValue
                                        "a scalar"

                                    step, value.SimpleValue
                        ]

                    let each (value: EpochMetrics -> float) =
                        [ for k, e in Seq.indexed result.Epochs -> int64 k + 1L, float32 (value e) ]

                    Expect.equal (scalars "train/loss") (each _.Loss) "loss"
                    Expect.equal (scalars "train/top-1") (each _.TrainTop1) "top-1"
                    Expect.equal (scalars "train/learning rate") (each _.LearningRate) "learning rate"
                    Expect.equal (scalars "binary/FF") (each _.FlipFlopRatio) "FF"
                    Expect.equal (scalars "binary/saturation") (each _.Saturation) "saturation"
                    Expect.equal (scalars "binary/C2I") (each _.Diagnostics.C2IRatio) "C2I"
                    Expect.equal (scalars "speed/images a second") (each _.ImagesPerSecond) "speed"
                    Expect.equal (scalars "speed/wait for data") (each _.DataWait) "wait"

                    Expect.equal (scalars "test/top-1") (each _.Top1) "test"
                    Expect.equal (scalars "test/top-5") (each _.Top5) "test"
                    let last (e: EpochMetrics) = Seq.last e.Diagnostics.Layers
                    let name = (last result.Epochs[0]).Name
                    Expect.equal (scalars $"SDAM/{name}") (each (fun e -> (last e).Sdam)) "a layer"
                    Expect.equal (scalars $"zero gradients/{name}") (each (fun e -> (last e).ZeroGradients)) "a layer"
                    let sign (e: EpochMetrics) = Seq.last e.Diagnostics.Saturation

                    Expect.equal
                        (scalars $"saturation/{(sign result.Epochs[0]).Name}")
                        (each (fun e -> (sign e).Share))
                        "a sign"

                    Expect.equal
                        (scalars "stage/top-1")
                        [ for k, s in Seq.indexed result.Stages -> 2L * (int64 k + 1L), float32 s.Top1 ]
                        "stages"

                    let histograms =
                        [
                            for step, tag, value in shown all do
                                if tag = "latent weights" then
                                    step, value.Histo
                        ]

                    Expect.equal (List.map fst histograms) [ 1L .. 4L ] "steps"

                    for (_, histogram), e in Seq.zip histograms result.Epochs do
                        let w = e.Diagnostics.LatentWeights
                        let limits, counts = List.ofSeq histogram.BucketLimit, List.ofSeq histogram.Bucket

                        Expect.equal
                            counts
                            (float w.Below :: [ for c in w.Counts -> float c ] @ [ float w.Above ])
                            "counts"

                        Expect.equal limits (List.sort limits) "limits in order"
                        Expect.hasLength limits counts.Length "a limit a bin"
                        Expect.floatClose Accuracy.high limits[30] -limits[31] "the bin around 0"

                        Expect.equal
                            (histogram.Min, histogram.Max, histogram.Num)
                            (w.Least, w.Greatest, List.sum counts)
                            "least, greatest, number"

                        Expect.isLessThan (abs (histogram.Sum / histogram.Num)) 0.05 "the mean is near 0"
                        Expect.isGreaterThan histogram.SumSquares 0.0 "squares")

            testCase "What does not exist, and a real network's histogram, are left out"
            <| fun _ ->
                withFolder (fun folder ->
                    let board = TensorBoard(folder, [| 1 |], 0, 1)
                    let spread = EpochProbe.Spread(ReadOnlySpan<float32>.Empty)
                    let e = DiagnosticsSupport.epoch 0 1

                    board.Epoch(
                        EpochMetrics(
                            "real",
                            0,
                            1,
                            1,
                            1.0,
                            0.5,
                            nan,
                            nan,
                            3.0,
                            4.0,
                            5.0,
                            Diagnostics =
                                EpochDiagnostics(e.Stage, 0, 1, nan, nan, spread, [||], [||], nan, nan, nan, nan, 0)
                        )
                    )

                    Expect.equal
                        [ for _, tag, _ in shown (events (List.exactlyOne (files folder))) -> tag ]
                        [
                            "train/loss"
                            "train/top-1"
                            "train/learning rate"
                            "speed/wait for data"
                            "speed/images a second"
                        ]
                        "tags")

            testCase
                "A run that goes on keeps the earlier file and withdraws its later steps; one that begins anew removes it"
            <| fun _ ->
                withFolder (fun folder ->
                    let other = Path.Combine(folder, "events.out.tfevents.1.other")
                    File.WriteAllText(other, "another program's")
                    TensorBoard(folder, [| 3; 4 |], 0, 1, Clock 1000L) |> ignore
                    TensorBoard(folder, [| 3; 4 |], 1, 2, Clock 2000L) |> ignore
                    let earlier = Path.Combine(folder, "events.out.tfevents.0000001000.bnn")
                    let later = Path.Combine(folder, "events.out.tfevents.0000002000.bnn")
                    Expect.equal (set (files folder)) (set [ other; earlier; later ]) "both"
                    let session = (events later)[1]
                    Expect.equal session.Step 5L "the step where it goes on"
                    Expect.equal session.SessionLog.Status SessionLog.Types.SessionStatus.Start "a session's start"
                    Expect.equal session.WallTime 2000.0 "its time"
                    TensorBoard(folder, [| 3; 4 |], 0, 1, Clock 3000L) |> ignore

                    Expect.equal
                        (set (files folder))
                        (set [ other; Path.Combine(folder, "events.out.tfevents.0000003000.bnn") ])
                        "the new one alone")

            testCase
                "A run that goes on in the same second, or after the clock was set back, withdraws its later steps too"
            <| fun _ ->
                for time in [ 2_000_000_000L; 1_700_000_000L ] do
                    withFolder (fun folder ->
                        let session seconds loss epochs =
                            let board = TensorBoard(folder, [| 9 |], 0, List.head epochs, Clock seconds)

                            for number in epochs do
                                board.Epoch(EpochMetrics("step", 0, number, 9, loss, 1, 1, 1, 1, 1, 1))

                        session 2_000_000_000L 10.0 [ 1; 2; 3 ]
                        session time 20.0 [ 2; 3; 4 ]
                        session (time + 1L) 30.0 [ 4; 5 ]

                        Expect.equal
                            [
                                for step, tag, value in kept folder do
                                    if tag = "train/loss" then
                                        step, value.SimpleValue
                            ]
                            [ 1L, 10f; 2L, 20f; 3L, 20f; 4L, 30f; 5L, 30f ]
                            $"{time}"

                        Expect.hasLength (files folder) 3 "a file a session")
        ]
