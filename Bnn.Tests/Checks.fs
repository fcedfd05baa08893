/// How laws are tried, how often, and when two numbers count as the same.
module Bnn.Tests.Checks

open System
open Expecto
open FsCheck
open FsCheck.FSharp

/// The seed of every property, so that a run can be repeated; BNN_SEED tries another one.
let private seed =
    match UInt64.TryParse(Environment.GetEnvironmentVariable "BNN_SEED") with
    | true, given -> given
    | _ -> 20240601UL

/// Ends a test whose means this machine lacks (a browser, PyTorch, the right to mount): Expecto reports it as ignored, with the reason. It
/// must not count as passed, because nothing was compared, nor as failed, because the library is not at fault. No leftover: where the means
/// are there, as in .ci/run, the test runs.
let notTried why = skiptest why

/// The same of a test that is known beforehand to lack its means: a body that compares nothing, which Expecto never runs and reports as
/// ignored. No leftover either: the list of tests then says which comparison this machine cannot make.
let notTriedTest name = ptestCase name ignore

let private longLabel = "long"

/// Tests that take long. A whole run has them; a run of .ci/run a tenth of them, .ci/long all.
let long tests = testLabel longLabel tests

/// Whether a test is one of these, by its name.
let isLong (name: string list) = List.contains longLabel name

/// Tests that train, in this process or in one that they start: one of them at a time, beside those that compute without torch. Tests that
/// count or change what the whole process shares are `testSequenced` and run alone.
let trainings tests = testSequencedGroup "trainings" tests

/// A property over values of the arguments' types. Seeded, so that a run can be repeated.
let property name (holds: 'F) =
    testPropertyWithConfigStdGen (seed, 7046029254386353131UL, None) FsCheckConfig.defaultConfig name holds

/// `law name arbitrary holds`: a property of 200 cases; `holds` throws where it does not. A failure prints its seed.
let lawOf cases name (arbitrary: Arbitrary<'T>) (holds: 'T -> unit) =
    let config =
        { FsCheckConfig.defaultConfig with
            maxTest = cases
            endSize = 60
        }

    testPropertyWithConfigStdGen (seed, 7046029254386353131UL, None) config name (Prop.forAll arbitrary holds)

let law name arbitrary holds = lawOf 200 name arbitrary holds

/// The same few values of a generator on every run.
let sample count generator =
    Gen.sampleWithSeed (Rnd(seed, 7046029254386353131UL)) 30 count generator

/// The same number, bit for bit; every NaN is the same.
let same (a: float) (b: float) =
    BitConverter.DoubleToInt64Bits a = BitConverter.DoubleToInt64Bits b
    || (Double.IsNaN a && Double.IsNaN b)

/// The same number, bit for bit; every NaN is the same.
let same32 (a: float32) (b: float32) =
    BitConverter.SingleToInt32Bits a = BitConverter.SingleToInt32Bits b
    || (Single.IsNaN a && Single.IsNaN b)

/// Fails at the first number of `actual` that is not `expected`'s, bit for bit.
let equalBits (expected: float[]) (actual: float[]) message =
    Expect.equal actual.Length expected.Length $"{message}: length"

    for i in 0 .. expected.Length - 1 do
        if not (same expected[i] actual[i]) then
            failtestf "%s: number %d is %.17g, should be %.17g" message i actual[i] expected[i]

/// Fails at the first number of `actual` that is not `expected`'s, bit for bit.
let equalBits32 (expected: float32[]) (actual: float32[]) message =
    Expect.equal actual.Length expected.Length $"{message}: length"

    for i in 0 .. expected.Length - 1 do
        if not (same32 expected[i] actual[i]) then
            failtestf "%s: number %d is %.9g, should be %.9g" message i actual[i] expected[i]

/// Whether two numbers agree to `relative`, or to `absolute` near 0.
let near relative absolute (a: float) (b: float) =
    a = b || abs (a - b) <= absolute + relative * max (abs a) (abs b)

/// What the ArgumentException says that this raises.
let argumentFault (act: unit -> unit) =
    try
        act ()
        "nothing was raised"
    with :? ArgumentException as e ->
        e.Message

/// What other tests have left: its finalizers would give tensors back while a test counts its own.
let collectGarbage () =
    System.GC.Collect()
    System.GC.WaitForPendingFinalizers()
