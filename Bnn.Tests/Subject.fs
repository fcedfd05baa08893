/// An optimizer under test: its laws hold on random courses, and they and the golden files bite.
module Bnn.Tests.Subject

open System
open System.Collections.Generic
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.Generators
open Bnn.Tests.Laws
open Expecto
open FsCheck
open FsCheck.FSharp

type Subject<'Options> =
    {
        Row: OptimizerRow
        Rule: 'Options -> Rule
        /// Options within their ranges.
        Options: Gen<'Options>
        /// How far a step of these options may go at step t, in learning rates, where there is a bound.
        Bound: ('Options -> (int -> float) option) option
        /// What holds beyond the laws that the row lists.
        Laws: Law<'Options> list
        /// The rule broken in one place, by what is broken.
        Mutants: (string * ('Options -> Rule)) list
        /// Mutants that no shipped golden file can notice, because none has the option.
        Unseen: string list
    }

let private ofValues<'Options> values =
    match Options.ofValues<'Options> values with
    | Ok options -> options
    | Error faults -> failtest $"{faults}"

/// Without what gives the gradients a unit.
let private withoutScale (o: 'Options) =
    Options.values o
    |> List.map (fun (name, value) ->
        name,
        if List.contains name [ "epsilon"; "initialAccumulator" ] then
            0.0
        else
            value)
    |> ofValues<'Options>

let private isBounded subject (make: 'Options -> Rule) o course =
    match subject.Bound |> Option.bind (fun bound -> bound o) with
    | None -> true
    | Some bound ->
        let steps = transformed (make o) course

        steps
        |> List.indexed
        |> List.forall (fun (t, step) -> step |> Array.forall (fun u -> not (abs u > bound (t + 1) * (1.0 + 1e-9))))

/// A law of the catalogue as a predicate.
let private catalogued (subject: Subject<'Options>) (law: StepLaw) =
    match law with
    | Still ->
        {
            Name = "without gradient and decay a fresh state's weights stay"
            Holds = fun make o course -> still (make o) course
        }
    | Odd ->
        {
            Name = "is odd: with weights and gradients negated it does the negated"
            Holds = fun make o course -> odd (make o) course
        }
    | ScaleInvariant ->
        {
            Name = "without epsilon it does not see a power of two on all gradients"
            Holds =
                fun make o course ->
                    let rule = make (withoutScale o)
                    let larger = scaled 1024.0 course
                    // What is 0 or so small that its square is subnormal does see it. A rule that is a step shows no gradient.
                    not (isModerate course)
                    || List.forall2 allSame (transformed rule course) (transformed rule larger)
                       && List.forall2 allSame (weights rule course) (weights rule larger)
        }
    | Bounded ->
        {
            Name = "no step goes beyond the bound that its options give"
            Holds = isBounded subject
        }

let private all = [ Still; Odd; ScaleInvariant; Bounded ]

let private lawsOf subject =
    (all
     |> List.filter (fun law -> List.contains law subject.Row.Laws)
     |> List.map (catalogued subject))
    @ subject.Laws

let private cases = sample 60 courseGen

let private breaks make options (law: Law<'Options>) =
    Array.exists2 (fun o course -> not (law.Holds make o course)) options cases

/// The golden files, each with the names of the optimizers whose rules are made for it.
let private files =
    lazy
        [
            for path in Golden.filesOf Golden.shipped "optimizers" do
                let file = Golden.read path
                let asked = HashSet<string>()

                let making (row: OptimizerRow) options =
                    asked.Add row.Name |> ignore
                    GoldenOptimizers.fromCatalogue row options

                GoldenOptimizers.firstDifference Reference.trajectory making file |> ignore
                path, file, asked
        ]

/// The golden files that a maker of this row's rule fails.
let private brokenFiles (subject: Subject<'Options>) make =
    let making (row: OptimizerRow) options =
        if row.Name = subject.Row.Name then
            make (ofValues options)
        else
            GoldenOptimizers.fromCatalogue row options

    [
        for path, file, asked in files.Value do
            if
                asked.Contains subject.Row.Name
                && (GoldenOptimizers.firstDifference Reference.trajectory making file).IsSome
            then
                path
    ]

let private holding subject =
    [
        for each in lawsOf subject ->
            law
                each.Name
                (Arb.fromGenShrink (
                    Gen.zip subject.Options courseGen,
                    fun (o, c) -> Arb.toShrink course c |> Seq.map (fun c -> o, c)
                ))
                (fun (o, c) -> Expect.isTrue (each.Holds subject.Rule o c) each.Name)
    ]

/// An option that sets its neighbour would pass where only one of them matters.
let private setting (_: Subject<'Options>) =
    test "each option sets what it shows, and no other" {
        let before = Options.values (Options.defaults<'Options>())

        for name, value in before do
            let value = if value = 0.0 then 1.0 else 0.0
            let after = Options.values (ofValues<'Options> [ name, value ])
            let expected = before |> List.map (fun (n, v) -> n, (if n = name then value else v))
            Expect.equal after expected name
    }

let private exceptions subject =
    let options = sample cases.Length subject.Options

    [
        for law in all |> List.except subject.Row.Laws do
            // Without a bound there is nothing that a step could exceed.
            if law <> Bounded then
                let each = catalogued subject law

                test $"has a counterexample to: {each.Name}" {
                    Expect.isTrue (breaks subject.Rule options each) "some case breaks it"
                }
    ]

let private biting subject =
    let laws = lawsOf subject
    let options = sample cases.Length subject.Options

    [
        test "the true rule breaks no golden file" {
            Expect.equal (brokenFiles subject subject.Rule) [] "no golden file"
        }

        for name, mutant in subject.Mutants do
            test $"a law notices: {name}" {
                Expect.isTrue (laws |> List.exists (breaks mutant options)) "a law must break"
            }

        test "each law notices some of the broken rules" {
            let idle =
                laws
                |> List.filter (fun each ->
                    not (subject.Mutants |> List.exists (fun (_, mutant) -> breaks mutant options each)))
                |> List.map _.Name

            Expect.equal idle [] "no law is idle"
        }
        |> long

        test "the golden files notice the broken rules, but for those whose option no file has" {
            let missed =
                subject.Mutants
                |> List.filter (fun (_, mutant) -> (brokenFiles subject mutant).IsEmpty)
                |> List.map fst

            Expect.equal (List.sort missed) (List.sort subject.Unseen) "those without a file"
        }
    ]

/// The laws of an optimizer, and the proof that they and its golden files bite.
let tests (subject: Subject<'Options>) =
    testList
        "Optimizer"
        [
            testList subject.Row.Name (setting subject :: holding subject @ exceptions subject @ biting subject)
        ]
