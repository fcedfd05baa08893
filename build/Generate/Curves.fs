/// What a binarizer's picture shows: its values, and the derivative by which it trains, over x in -2..2.
module Bnn.Generate.Curves

open Bnn

type Kind =
    | Value
    | Gradient

type Curve =
    {
        Label: string
        Kind: Kind
        /// Which of several curves of its kind: 0 for the first.
        Number: int
        Points: (float * float)[]
    }

/// So many evenly spaced numbers for each unit, `count` on each side of 0.
let private spaced perUnit count =
    [| for i in -count .. count -> float i / perUnit |]

/// The nodes of what it computes forward and backward.
let private nodes (binarizer: Binarizer) =
    (Graph.ofExprs
        [
            binarizer.Formula
            binarizer.Evaluation
            Derive.pullback (Const 1.0) Binarizer.x binarizer.Formula
        ])
        .Nodes

/// Whether it reads a reduction over the whole tensor, and whether it reads one over a channel.
let reductions (binarizer: Binarizer) =
    let reads over =
        nodes binarizer
        |> Array.exists (function
            | Node.Reduce(_, found, _) -> found = over
            | _ -> false)

    reads Whole, reads Channel

/// Whether a part of it is one number of many.
let reduces (binarizer: Binarizer) =
    nodes binarizer |> Array.exists _.IsReduce

/// Whether it changes during a stage.
let isScheduled (binarizer: Binarizer) =
    nodes binarizer
    |> Array.exists (function
        | Node.Leaf(("t" | "T"), _) -> true
        | _ -> false)

/// The numbers that are drawn. Those of a binarizer with reductions are one channel, whose mean magnitude is about
/// 0.75: with 1 a scale would not be seen.
let private numbers binarizer =
    if reduces binarizer then
        spaced 100.0 150
    else
        spaced 200.0 400

let private length = 1000

let private setting iteration noise =
    BinarizerSetting(iteration, length, noise, 1.0)

let private values binarizer at =
    let x = numbers binarizer
    Seq.zip x (BinarizerMembers.Apply(binarizer, x, at)) |> Seq.toArray

/// The derivative of each value with respect to its own x.
let private gradients binarizer at =
    let x = numbers binarizer

    let toward (dy: float[]) =
        BinarizerMembers.Gradients(binarizer, x, dy, at)

    let own =
        if reduces binarizer then
            Array.init x.Length (fun j -> (toward (Array.init x.Length (fun i -> if i = j then 1.0 else 0.0)))[j])
        else
            toward (Array.create x.Length 1.0) |> Seq.toArray

    Array.zip x own

/// The mean of the values over evenly spaced numbers of noise, so many that a probability (x + 1) / 2 is met exactly.
let private mean binarizer =
    let count = 400

    Array.init count (fun k -> values binarizer (setting 1 ((float k + 0.5) / float count)))
    |> Array.transpose
    |> Array.map (fun points -> fst points[0], points |> Array.averageBy snd)

/// One curve where all are the same, else each with its own label.
let private distinct kind name (labelled: (string * (float * float)[]) list) =
    match labelled |> List.distinctBy snd with
    | [ _, points ] -> [ name, points ]
    | _ -> labelled |> List.map (fun (label, points) -> $"{name}, {label}", points)
    |> List.mapi (fun number (label, points) ->
        {
            Label = label
            Kind = kind
            Number = number
            Points = points
        })

/// The curves in the order in which they are drawn and named.
let ofBinarizer (binarizer: Binarizer) =
    let times =
        if isScheduled binarizer then
            [ "start", 1; "middle", length / 2 + 1; "end", length ]
        else
            [ "", 1 ]

    let during draw =
        times |> List.map (fun (label, t) -> label, draw binarizer (setting t 0.5))

    let forward =
        if Binarizer.readsNoise binarizer then
            ("mean", mean binarizer)
            :: [
                for noise in [ 0.25; 0.75 ] -> $"noise {Notation.number noise}", values binarizer (setting 1 noise)
            ]
        else
            during values

    distinct Value "value" forward @ distinct Gradient "gradient" (during gradients)
