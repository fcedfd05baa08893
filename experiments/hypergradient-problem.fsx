(**
A training small enough to derive as a whole: five weights of a logistic regression, 30 steps of decay, Adam and descent under
a linear schedule. How much the loss on held-out points changes with the learning rate and the weight decay is its
hypergradient. Loss, gradient and rule are formulas; `finalLoss` evaluates them over any algebra.
Loaded by hypergradient.fsx (DiffSharp) and hypergradient-dual.fsx (the core's dual numbers); needs `dotnet build -c Release`.
*)
module HypergradientProblem

#r "../Bnn.Core.fs/bin/Release/net10.0/Bnn.Core.dll"

open Bnn

let steps = 30
let learningRate = 0.05
let weightDecay = 0.01

let private start = [| 0.5; -0.25; 0.125; -0.5; 0.0 |]
let private weight k = Expr.uniform $"w{k}"

/// Points of four coordinates and a constant 1, and their labels, -1 or +1; a fifth of the labels is wrong.
let private points seed =
    [
        for n in 1..20 do
            let x = [ for k in 1..4 -> cos (seed + 2.7 * float (n * k)) ] @ [ 1.0 ]
            let label = if x[0] + 0.5 * x[1] - x[2] > 0.2 then 1.0 else -1.0
            x, (if n % 5 = 0 then -label else label)
    ]

/// The mean of ln(1 + e^(-label (w x))) over points, as a formula over w0 to w4.
let private lossOn points =
    let lossAt (x: float list, label: float) =
        let score = x |> List.mapi (fun k x -> x * weight k) |> List.reduce (+)
        log (1.0 + exp (-label * score))

    (points |> List.map lossAt |> List.reduce (+)) / float (List.length points)

let private trainingGradient =
    let loss = lossOn (points 0.3)
    Graph.ofExprs [ for k in 0 .. start.Length - 1 -> Derive.wrt (weight k) loss ]

let private heldOutLoss = Graph.ofExprs [ lossOn (points 1.1) ]

/// Learning rate and weight decay are left open: lr and wd.
let rule =
    Rule.addDecayedWeights (Expr.uniform "wd")
    >=> Adam.rule Adam.defaults
    >=> Rule.descend (Expr.uniform "lr" * (1.0 - Expr.progress))

/// The loss on the held-out points after the training, everything computed in the algebra's numbers.
let finalLoss (algebra: Algebra<'T>) (learningRate: 'T) (weightDecay: 'T) =
    let arrays = ArrayAlgebra.ofChannels [| start.Length |] algebra

    let input name =
        [| if name = "lr" then learningRate else weightDecay |]

    let at (weights: 'T[]) graph =
        Algebra.evaluate algebra (fun name -> weights[int (name.Substring 1)]) graph

    let step = Unroll.step arrays rule input steps

    let train (before: Unrolled<'T[]>) _ =
        step before (at before.Weights trainingGradient)

    let trained =
        (Unroll.start arrays rule (start |> Array.map algebra.Const), seq { 1..steps })
        ||> Seq.fold train

    (at trained.Weights heldOutLoss)[0]

/// The derivatives of the final loss by learning rate and by weight decay, over dual numbers.
let byDuals =
    let fixed', varied = Dual.constant, Dual.variable

    [
        (finalLoss Dual.algebra (varied learningRate) (fixed' weightDecay)).Derivative
        (finalLoss Dual.algebra (fixed' learningRate) (varied weightDecay)).Derivative
    ]

/// Prints another way's derivatives beside those over dual numbers; whether they agree to `tolerance`.
let agrees name tolerance (others: float list) =
    let difference (a: float) (b: float) = abs (a - b) / max (abs a) (abs b)

    let short (x: float) =
        x.ToString("0.0e-0", System.Globalization.CultureInfo.InvariantCulture)

    printfn "| derivative of the final loss by | dual numbers | %s | relative difference |" name
    printfn "|---|---|---|---|"

    for by, dual, other in List.zip3 [ "learning rate"; "weight decay" ] byDuals others do
        printfn "| %s | %.12g | %.12g | %s |" by dual other (short (difference dual other))

    List.forall2 (fun dual other -> difference dual other <= tolerance) byDuals others
