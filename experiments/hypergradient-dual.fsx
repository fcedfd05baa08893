(**
How does the loss after a whole training change with its learning rate and its weight decay? The rule of
hypergradient-problem.fsx is evaluated over the core's dual numbers, which carry the derivative along, and held to central
finite differences of the same training over float64. Exit code 1 where they disagree.
First `dotnet build -c Release`, then `dotnet fsi experiments/hypergradient-dual.fsx`; some seconds.
Expected: both rows agree to about 8 digits.
*)
#load "hypergradient-problem.fsx"

open Bnn
open HypergradientProblem

printfn "%s\n" (Print.text rule)
printfn "held-out loss after %d steps: %.12g\n" steps (finalLoss Algebra.float64 learningRate weightDecay)

let differences =
    let loss = finalLoss Algebra.float64
    let step = 1e-6

    [
        (loss (learningRate + step) weightDecay - loss (learningRate - step) weightDecay)
        / (2.0 * step)
        (loss learningRate (weightDecay + step) - loss learningRate (weightDecay - step))
        / (2.0 * step)
    ]

if not (agrees "finite differences" 1e-7 differences) then
    eprintfn "dual numbers and finite differences disagree"
    exit 1
