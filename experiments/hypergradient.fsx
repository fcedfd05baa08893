(**
How does the loss after a whole training change with its learning rate and its weight decay? The rule of
hypergradient-problem.fsx is evaluated over DiffSharp tensors, whose reverse mode gives both derivatives at once, and held to
the core's dual numbers. Exit code 1 where they disagree.
First `dotnet build -c Release`, then `dotnet fsi experiments/hypergradient.fsx`; some seconds.
Takes the package DiffSharp-lite; where it is not served, hypergradient-dual.fsx shows the same without it.
Expected: both rows agree to 14 digits.
*)
#r "nuget: DiffSharp-lite"
#load "hypergradient-problem.fsx"

open Bnn
open DiffSharp
open HypergradientProblem

dsharp.config (backend = Backend.Reference)

/// Of float64: left to itself DiffSharp makes a float a float32.
let private tensor (numbers: obj) =
    dsharp.tensor (numbers, dtype = Dtype.Float64)

/// The core's operators over tensors of one number.
let tensors: Algebra<Tensor> =
    let number (x: float) = tensor x
    let isTrue test (a: Tensor) (b: Tensor) = test (a.toDouble ()) (b.toDouble ())

    let whole (f: float -> float) (a: Tensor) = number (f (a.toDouble ()))

    {
        Const = number
        Unary =
            function
            | Neg -> fun a -> -a
            | Abs -> dsharp.abs
            | Sqrt -> dsharp.sqrt
            | Exp -> dsharp.exp
            | Log -> dsharp.log
            | Tanh -> dsharp.tanh
            | Cos -> dsharp.cos
            | Floor -> whole floor
            | Round -> whole round
            | Signum -> whole (sign >> float)
            | SignPlus -> whole (fun x -> if x >= 0.0 then 1.0 else -1.0)
        Binary =
            function
            | Add -> fun a b -> a + b
            | Sub -> fun a b -> a - b
            | Mul -> fun a b -> a * b
            | Div -> fun a b -> a / b
            | Max -> fun a b -> if isTrue (>=) a b then a else b
            | Min -> fun a b -> if isTrue (<=) a b then a else b
            | Pow -> fun a b -> dsharp.pow (a, b)
            | Mod -> fun a b -> a - b * whole truncate (a / b)
        Select =
            fun test a b x y ->
                let holds =
                    match test with
                    | Less -> isTrue (<) a b
                    | LessOrEqual -> isTrue (<=) a b
                    | Equal -> isTrue (=) a b

                if holds then x else y
        Reduce =
            fun reduction _ a ->
                match reduction with
                | Sum -> a
                | Largest -> dsharp.abs a
    }

let loss, gradient =
    tensor [ learningRate; weightDecay ]
    |> dsharp.fgrad (fun settings -> finalLoss tensors settings[0] settings[1])

printfn "%s\n" (Print.text rule)
printfn "held-out loss after %d steps: %.12g\n" steps (loss.toDouble ())

if not (agrees "DiffSharp" 1e-9 [ for k in 0..1 -> gradient[k].toDouble() ]) then
    eprintfn "DiffSharp and dual numbers disagree"
    exit 1
