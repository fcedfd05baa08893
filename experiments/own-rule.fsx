(**
# An update rule of one's own
ADOPT (Taniguchi et al., "ADOPT: Modified Adam Can Converge with Any beta2 with the Optimal Rate", NeurIPS 2024, algorithm 2) is not in the
catalogue. Here it is written as it is read, printed, held to a law by FsCheck, put into a recipe, kept as JSON, and trains a binary
network in two steps from that JSON.
First `dotnet build -c Release`, then `dotnet fsi experiments/own-rule.fsx [--epochs 6]`; a minute on 2 cores.
*)
#load "bnn.fsx"
#r "../Bnn.Tests/bin/Release/net10.0/FsCheck.dll"

open System.IO
open Bnn
open FsCheck

let epochs =
    match fsi.CommandLineArgs with
    | [| _; "--epochs"; number |] -> int number
    | _ -> 6

(**
## The rule
v is the mean squared gradient before this one, so a gradient does not divide itself. The first step only sets v.

v' = g^2 at t = 1, else beta2 v + (1 - beta2) g^2;   m' = 0 at t = 1, else beta1 m + (1 - beta1) clip(g / max(sqrt v, epsilon), t^(1/4)).
*)
let adopt (beta1: float) (beta2: float) (epsilon: float) : Rule =
    let g, t = Expr.gradient, Expr.time
    let m, v = Expr.slot "m", Expr.slot "v"
    let fromSecond first later = Expr.ifLess t (Const 1.5) first later
    let limit = t ** Const 0.25

    let normalized =
        Expr.maximum -limit (Expr.minimum limit (g / Expr.maximum (sqrt v) (Const epsilon)))

    let m' = fromSecond (Const 0.0) (beta1 * m + (1.0 - beta1) * normalized)
    let v' = fromSecond (g * g) (beta2 * v + (1.0 - beta2) * g * g)

    { Rule.identity with
        Slots = [ Slot.perWeight "m" (Const 0.0) m'; Slot.perWeight "v" (Const 0.0) v' ]
        Gradient = m'
    }

let rule = adopt 0.9 0.9999 1e-6
printfn "%s" (Print.text rule)

(**
## A law
Gradients times a factor change no step: that is what dividing by their size is for. (With epsilon 0; the factor is a power of 2, so that no
rounding differs.)
*)
let after (gradients: float[] list) =
    let whole = adopt 0.9 0.9999 0.0 >=> Rule.descend (Const 0.01)
    let weights = Array.replicate gradients.Head.Length 0.5

    gradients
    |> List.fold
        (fun struct (state, weights) gradient -> Optimizer.step whole state gradient weights)
        (struct (Optimizer.start whole weights, weights))
    |> fun (struct (_, weights)) -> weights

let scaleInvariant (steps: NonEmptyArray<NormalFloat>) (power: int) =
    let gradients = [ for NormalFloat g in steps.Get -> [| g; 1.0 - g |] ]
    let factor = 2.0 ** float (power % 8)

    gradients
    |> List.exists (Array.exists (fun g -> abs g < 1e-100 || abs g > 1e100))
    || after gradients = after [ for gradient in gradients -> gradient |> Array.map (fun g -> factor * g) ]

Check.One(Config.QuickThrowOnFailure, scaleInvariant)

(**
## A recipe, as JSON
*)
let recipe =
    (Recipe.twoStep { Recipe.defaults with Epochs = epochs }).WithOptimizer("ADOPT", rule, 1e-2).WithBatch 64

let folder = "runs/own-rule"
Directory.CreateDirectory folder |> ignore
let path = Path.Combine(folder, "own-rule.json")
File.WriteAllText(path, ValueJson.ofRecipe recipe)

let read =
    match ValueJson.toRecipe (File.ReadAllText path) with
    | Ok read -> read
    | Error faults -> failwith $"%A{faults}"

printfn "the recipe read from %s is the one written: %b" path (read = recipe)

(**
## The training
*)
let result = BnnTrainer().WithRecipe(read).SaveTo(folder).WithProgress().Train()
printfn "ADOPT, two steps of %d epochs: top-1 %.2f %%" epochs (100.0 * result.Stages[1].Top1)
