/// Schedules told without formulas: as a description, whose value is computed step by step with whole numbers and loops.
module Bnn.Tests.ScheduleModel

open System
open Bnn
open FsCheck
open FsCheck.FSharp

type Model =
    | Constant of float
    | Linear of float * float
    | Cosine of float * float
    | Polynomial of power: float * float * float
    | Exponential of factor: float * float
    | Every of int * factor: float * float
    | Steps of int list * factor: float * float
    | Scale of float * Model
    | Spanning of int * Model
    | Lasting of int * Model
    | Join of (int * Model) list * Model
    | WarmUp of int * first: float * Model
    | Restart of first: int * multiplier: float * Model
    | ByEpoch of int * Model
    | SteppedBeforeUse of Model

let rec build model : Expr =
    match model with
    | Constant value -> Schedule.constant value
    | Linear(a, b) -> Schedule.linear a b
    | Cosine(a, b) -> Schedule.cosine a b
    | Polynomial(power, a, b) -> Schedule.polynomial power a b
    | Exponential(factor, a) -> Schedule.exponential factor a
    | Every(n, factor, a) -> Schedule.every n factor a
    | Steps(at, factor, a) -> Schedule.steps at factor a
    | Scale(factor, m) -> Schedule.scale factor (build m)
    | Spanning(n, m) -> Schedule.spanning n (build m)
    | Lasting(n, m) -> Schedule.lasting n (build m)
    | Join(parts, last) -> Schedule.join (parts |> List.map (fun (n, m) -> n, build m)) (build last)
    | WarmUp(n, first, m) -> Schedule.warmUp n first (build m)
    | Restart(first, multiplier, m) -> Schedule.restart first multiplier (build m)
    | ByEpoch(epochs, m) -> Schedule.byEpoch epochs (build m)
    | SteppedBeforeUse m -> Schedule.steppedBeforeUse (build m)

/// The value at iteration t, from 1, of a stage of so many iterations, or of unknown length.
let rec value (t: int) (total: int option) model : float =
    let share =
        match total with
        | Some total -> float (t - 1) / float total
        | None -> 0.0

    let rest n =
        total |> Option.map (fun total -> max 1 (total - n))

    match model with
    | Constant value -> value
    | Linear(a, b) -> a + (b - a) * share
    | Cosine(a, b) -> (a + b) / 2.0 + (a - b) / 2.0 * Math.Cos(Math.PI * share)
    | Polynomial(power, a, b) -> b + (a - b) * Math.Pow(max 0.0 (1.0 - share), power)
    | Exponential(factor, a) -> Seq.replicate (t - 1) factor |> Seq.fold (*) a
    | Every(n, factor, a) -> Seq.replicate ((t - 1) / n) factor |> Seq.fold (*) a
    | Steps(at, factor, a) -> at |> List.filter (fun b -> b < t) |> List.fold (fun a _ -> a * factor) a
    | Scale(factor, m) -> factor * value t total m
    | Spanning(n, m) -> value t (Some n) m
    | Lasting(n, m) -> value (min t (n + 1)) (Some n) m
    | Join([], last) -> value t total last
    | Join((n, m) :: _, _) when t <= n -> value t (Some n) m
    | Join((n, _) :: others, last) -> value (t - n) (rest n) (Join(others, last))
    | WarmUp(n, first, m) ->
        if t <= n then
            (first + (1.0 - first) * float (t - 1) / float n) * value 1 (rest n) m
        else
            value (t - n) (rest n) m
    | Restart(first, multiplier, m) ->
        let rec cycle before k =
            // in whole numbers where the multiplier is one
            let start k =
                if multiplier = 1.0 then
                    k * first
                elif multiplier = floor multiplier then
                    first * (pown (int multiplier) k - 1) / (int multiplier - 1)
                else
                    int (Math.Round(float first * (Math.Pow(multiplier, float k) - 1.0) / (multiplier - 1.0)))

            if before < start (k + 1) then
                value (before - start k + 1) (Some(start (k + 1) - start k)) m
            else
                cycle before (k + 1)

        cycle (t - 1) 0
    | ByEpoch(epochs, m) ->
        let epoch =
            match total with
            | Some total -> (t - 1) * epochs / total
            | None -> 0

        value (epoch + 1) (Some epochs) m
    | SteppedBeforeUse m -> value (t + 1) total m

let private tenths low high =
    Gen.choose (low * 10, high * 10) |> Gen.map (fun k -> float k / 10.0)

let private count = Gen.choose (1, 20)
let private countOr0 = Gen.choose (0, 20)

let rec private gen depth : Gen<Model> =
    let number = tenths -5 5
    let ends = Gen.two number

    let leaf =
        Gen.oneof
            [
                number |> Gen.map Constant
                ends |> Gen.map Linear
                ends |> Gen.map Cosine
                Gen.map2 (fun power (a, b) -> Polynomial(power, a, b)) (tenths 0 3) ends
                Gen.map2 (fun factor a -> Exponential(factor, a)) (tenths 0 1) number
                Gen.map3 (fun n factor a -> Every(n, factor, a)) count (tenths 0 2) number
                Gen.map3
                    (fun at factor a -> Steps(List.sort at, factor, a))
                    (Gen.listOf (Gen.choose (0, 40)) |> Gen.resize 4)
                    (tenths 0 2)
                    number
            ]

    if depth = 0 then
        leaf
    else
        let below = gen (depth - 1)

        Gen.oneof
            [
                leaf
                Gen.map2 (fun factor m -> Scale(factor, m)) (tenths -2 2) below
                Gen.map2 (fun n m -> Spanning(n, m)) count below
                Gen.map2 (fun n m -> Lasting(n, m)) count below
                Gen.map2
                    (fun parts last -> Join(parts, last))
                    (Gen.listOf (Gen.zip countOr0 below) |> Gen.resize 3)
                    below
                Gen.map3 (fun n first m -> WarmUp(n, first, m)) countOr0 (tenths 0 1) below
                Gen.map3
                    (fun n k m -> Restart(n, k, m))
                    count
                    (Gen.oneof [ Gen.choose (1, 4) |> Gen.map float; Gen.elements [ 1.5; 1.1; 2.5; 1.37 ] ])
                    below
                Gen.map2 (fun n m -> ByEpoch(n, m)) count below
                below |> Gen.map SteppedBeforeUse
            ]

let private smaller n =
    [ 1; n / 2; n - 1 ] |> List.filter (fun k -> k >= 1 && k < n) |> List.distinct

let rec private shrink model : Model seq =
    let wrapped n m make =
        seq {
            yield m
            yield! smaller n |> Seq.map (fun n -> make (n, m))
            yield! shrink m |> Seq.map (fun m -> make (n, m))
        }

    match model with
    | Constant 1.0 -> Seq.empty
    | Constant _
    | Linear _
    | Cosine _
    | Polynomial _
    | Exponential _ -> Seq.singleton (Constant 1.0)
    | Every(n, factor, a) ->
        seq {
            yield Constant 1.0
            yield! smaller n |> Seq.map (fun n -> Every(n, factor, a))
        }
    | Steps(at, factor, a) ->
        seq {
            yield Constant 1.0
            yield! at |> Seq.mapi (fun k _ -> Steps(List.removeAt k at, factor, a))
        }
    | Scale(factor, m) ->
        seq {
            yield m
            yield! shrink m |> Seq.map (fun m -> Scale(factor, m))
        }
    | Spanning(n, m) -> wrapped n m Spanning
    | Lasting(n, m) -> wrapped n m Lasting
    | Join(parts, last) ->
        seq {
            yield last
            yield! parts |> Seq.map snd
            yield! parts |> Seq.mapi (fun k _ -> Join(List.removeAt k parts, last))
            yield! shrink last |> Seq.map (fun last -> Join(parts, last))

            for k, (n, m) in List.indexed parts do
                yield! shrink m |> Seq.map (fun m -> Join(List.updateAt k (n, m) parts, last))
        }
    | WarmUp(n, first, m) -> wrapped n m (fun (n, m) -> WarmUp(n, first, m))
    | Restart(first, multiplier, m) -> wrapped first m (fun (first, m) -> Restart(first, multiplier, m))
    | ByEpoch(n, m) -> wrapped n m ByEpoch
    | SteppedBeforeUse m ->
        seq {
            yield m
            yield! shrink m |> Seq.map SteppedBeforeUse
        }

/// Any schedule, up to four changes deep.
let any = Arb.fromGenShrink (Gen.choose (0, 4) |> Gen.bind gen, shrink)

/// A number of iterations from 1, and smaller ones where it fails.
let counts most =
    Arb.fromGenShrink (Gen.choose (1, most), Seq.ofList << smaller)
