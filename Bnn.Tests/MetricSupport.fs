/// What the metrics are tried on: one layer's numbers over some iterations, and laws that every accumulator obeys.
module Bnn.Tests.MetricSupport

open System
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.Generators
open Expecto
open FsCheck
open FsCheck.FSharp

let any32 = anyNumber |> Gen.map float32

/// Numbers like weights or gradients: finite, some equal, some 0, some of other magnitudes.
let finite32 =
    Gen.frequency
        [
            6, Gen.choose (-2000, 2000) |> Gen.map (fun k -> float32 k / 1000.0f)
            1, Gen.elements [ 0.0f; -0.0f; 1.0f; -1.0f; 0.1f; -0.9f ]
            1, Gen.choose (-9, 9) |> Gen.map (fun k -> float32 k * 1e-6f)
            1, Gen.choose (-9, 9) |> Gen.map (fun k -> float32 k * 1e6f)
        ]

/// One layer's numbers, output channel first, in each of some iterations.
type Stream =
    {
        Channels: int
        Length: int
        Iterations: float32[][]
    }

    override stream.ToString() =
        $"{stream.Channels} channels of {stream.Length}: %A{stream.Iterations}"

let private shrinkStream (stream: Stream) =
    seq {
        for t in 0 .. stream.Iterations.Length - 1 do
            if stream.Iterations.Length > 1 then
                { stream with
                    Iterations = Array.removeAt t stream.Iterations
                }

        if stream.Channels > 1 then
            { stream with
                Channels = stream.Channels - 1
                Iterations = stream.Iterations |> Array.map (Array.skip stream.Length)
            }

        if stream.Length > 1 then
            { stream with
                Length = stream.Length - 1
                Iterations =
                    stream.Iterations
                    |> Array.map (Array.chunkBySize stream.Length >> Array.collect Array.tail)
            }

        for t in 0 .. stream.Iterations.Length - 1 do
            for i in 0 .. stream.Iterations[t].Length - 1 do
                if stream.Iterations[t][i] <> 0.0f then
                    { stream with
                        Iterations =
                            stream.Iterations
                            |> Array.updateAt t (Array.updateAt i 0.0f (stream.Iterations[t]))
                    }
    }

/// 1 to 5 channels of 1 to 40 numbers in `least` to 6 iterations.
let streamOf number least =
    let gen =
        gen {
            let! channels = Gen.choose (1, 5)
            let! length = Gen.choose (1, 40)
            let! iterations = Gen.choose (least, 6)

            let! numbers =
                Gen.arrayOfLength iterations (Gen.arrayOfLength (channels * length) number)

            return
                {
                    Channels = channels
                    Length = length
                    Iterations = numbers
                }
        }

    Arb.fromGenShrink (gen, shrinkStream >> Seq.filter (fun s -> s.Iterations.Length >= least))

let span (values: float32[]) = ReadOnlySpan values
let pack (values: float32[]) = Signs.pack (ReadOnlySpan values)

/// The channels of one iteration.
let channelsOf (stream: Stream) (values: float32[]) =
    Array.init stream.Channels (fun c -> values |> Array.skip (c * stream.Length) |> Array.truncate stream.Length)

/// All numbers of each channel, iteration by iteration.
let allOf (stream: Stream) =
    Array.init stream.Channels (fun c ->
        stream.Iterations |> Array.collect (fun values -> (channelsOf stream values)[c]))

/// A law of an accumulator: wherever the stream is split, the parts merged are the whole; the empty one changes nothing.
let splits name (streams: Arbitrary<Stream>) equal empty add merge =
    law name streams (fun stream ->
        let over iterations =
            (empty stream, iterations) ||> Array.fold (fun all values -> add values all)

        let whole = over stream.Iterations

        for k in 0 .. stream.Iterations.Length do
            let first, second = Array.splitAt k stream.Iterations
            equal (merge (over first) (over second)) whole $"split after {k}"

        equal (merge (empty stream) whole) whole "empty before"
        equal (merge whole (empty stream)) whole "empty behind")

/// An ArgumentException whose message has all of these words.
let refuses (words: string list) (call: unit -> 'T) =
    Expect.throwsC (call >> ignore) (fun fault ->
        Expect.isTrue (fault :? ArgumentException) $"{fault.GetType()}"

        for word in words do
            Expect.stringContains fault.Message word "the message names it")

let isNaN message (value: float) =
    Expect.isTrue (Double.IsNaN value) message
