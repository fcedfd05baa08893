module Bnn.Tests.TensorBoardTests

open System
open System.IO
open System.Text
open Bnn
open Bnn.Tests.ReportingTests
open Expecto

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

/// A message's fields: number and bytes, of which a varint has its eight.
let private fields (message: byte[]) =
    let varint at =
        let rec read at shift value =
            let value = value ||| (uint64 (message[at] &&& 127uy) <<< shift)

            if message[at] < 128uy then
                value, at + 1
            else
                read (at + 1) (shift + 7) value

        read at 0 0UL

    let rec from at =
        [
            if at < message.Length then
                let key, at = varint at

                let value, next =
                    match int key &&& 7 with
                    | 0 ->
                        let value, next = varint at
                        BitConverter.GetBytes value, next
                    | 1 -> message[at .. at + 7], at + 8
                    | 5 -> message[at .. at + 3], at + 4
                    | 2 ->
                        let length, at = varint at
                        message[at .. at + int length - 1], at + int length
                    | kind -> failtest $"wire type {kind}"

                int key >>> 3, value
                yield! from next
        ]

    from 0

let private only number message =
    match fields message |> List.filter (fun (field, _) -> field = number) with
    | [ _, value ] -> value
    | found -> failtest $"{found.Length} fields {number}"

let private doubles (bytes: byte[]) =
    [ for at in 0..8 .. bytes.Length - 8 -> BitConverter.ToDouble(bytes, at) ]

/// The step and the values of each event that has a summary.
let private summaries (file: string) =
    [
        for event in records (File.ReadAllBytes file) do
            for field, summary in fields event do
                if field = 5 then
                    BitConverter.ToInt64(only 2 event),
                    [
                        for _, value in fields summary ->
                            let content = fields value |> List.find (fun (field, _) -> field <> 1)
                            Encoding.UTF8.GetString(only 1 value), content
                    ]
    ]

let private files folder =
    Directory.GetFiles(folder, "events.out.tfevents.*") |> List.ofArray

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
                    let result = (DiagnosticsTests.tiny ()).TwoStep(epochs = 2).SaveTo(folder).Train()
                    use _model = result.Model
                    let file = List.exactlyOne (files folder)
                    let first = records (File.ReadAllBytes file) |> List.head
                    Expect.equal (Encoding.UTF8.GetString(only 3 first)) "brain.Event:2" "version"
                    let events = summaries file

                    let scalars name =
                        [
                            for step, values in events do
                                for tag, (field, bytes) in values do
                                    if tag = name then
                                        Expect.equal field 2 "a scalar"
                                        step, BitConverter.ToSingle bytes
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

                    Expect.equal
                        (scalars "test/top-1")
                        [ for k, s in Seq.indexed result.Stages -> 2L * (int64 k + 1L), float32 s.Top1 ]
                        "test"

                    let histograms =
                        [
                            for step, values in events do
                                for tag, (field, bytes) in values do
                                    if tag = "latent weights" then
                                        Expect.equal field 5 "a histogram"
                                        step, bytes
                        ]

                    Expect.equal (List.map fst histograms) [ 1L .. 4L ] "steps"

                    for (_, histogram), e in Seq.zip histograms result.Epochs do
                        let w = e.Diagnostics.LatentWeights
                        let limits, counts = doubles (only 6 histogram), doubles (only 7 histogram)

                        Expect.equal
                            counts
                            (float w.Below :: [ for c in w.Counts -> float c ] @ [ float w.Above ])
                            "counts"

                        Expect.equal limits (List.sort limits) "limits in order"
                        Expect.hasLength limits counts.Length "a limit a bin"
                        Expect.floatClose Accuracy.high limits[30] -limits[31] "the bin around 0"
                        Expect.equal (doubles (only 1 histogram)) [ w.Least ] "least"
                        Expect.equal (doubles (only 2 histogram)) [ w.Greatest ] "greatest"
                        Expect.equal (doubles (only 3 histogram)) [ List.sum counts ] "number"
                        let mean = (doubles (only 4 histogram)).Head / List.sum counts
                        Expect.isLessThan (abs mean) 0.05 "the mean is near 0")

            testCase "What does not exist, and a real network's histogram, are left out"
            <| fun _ ->
                withFolder (fun folder ->
                    let board = TensorBoard(folder, [| 1 |], 0, 1)
                    let spread = EpochProbe.Spread(ReadOnlySpan<float32>.Empty)
                    let e = DiagnosticsTests.epoch 0 1

                    board.Epoch(
                        EpochMetrics(
                            "real",
                            0,
                            1,
                            1,
                            1.0,
                            2.0,
                            nan,
                            nan,
                            3.0,
                            4.0,
                            5.0,
                            Diagnostics =
                                EpochDiagnostics(e.Stage, 0, 1, nan, nan, spread, [||], [||], nan, nan, nan, nan, 0)
                        )
                    )

                    let _, values = summaries (List.exactlyOne (files folder)) |> List.exactlyOne

                    Expect.equal
                        (List.map fst values)
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
                    let session = (records (File.ReadAllBytes later))[1]
                    Expect.equal (BitConverter.ToInt64(only 2 session)) 5L "the step where it goes on"
                    Expect.equal (BitConverter.ToInt64(only 1 (only 7 session))) 1L "a session's start"
                    Expect.equal (doubles (only 1 session)) [ 2000.0 ] "its time"
                    TensorBoard(folder, [| 3; 4 |], 0, 1, Clock 3000L) |> ignore

                    Expect.equal
                        (set (files folder))
                        (set [ other; Path.Combine(folder, "events.out.tfevents.0000003000.bnn") ])
                        "the new one alone")
        ]
