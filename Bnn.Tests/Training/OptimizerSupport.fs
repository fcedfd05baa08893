/// Rules, and parameters of several groups and shapes, for the tests of optimizers in torch loops.
module Bnn.Tests.OptimizerSupport

open Bnn
open Expecto
open FsCheck.FSharp
open TorchSharp
open TorchSharp.Modules

/// Whole rules: every row of the catalogue, and what reduces, averages, divides and keeps numbers for all weights.
let rules =
    let adam = Adam.rule Adam.defaults
    let falling = Rule.descend (Schedule.linear 0.1 0.01)

    let counting =
        { Rule.identity with
            Slots = [ Slot.once "steps" (Const 0.0) (Expr.slotOnce "steps" + 1.0) ]
            Gradient = Expr.gradient * (Expr.slotOnce "steps" + 1.0)
        }

    [
        for name, transform in Reference.optimizers do
            name, Rule.addDecayedWeights (Const 0.01) >=> transform >=> falling
        "clipping by the norm", Gradient.clipGlobalNorm 0.5 >=> adam >=> falling
        "clipping by the largest", Gradient.clipLargest 0.25 >=> adam >=> falling
        "centralized gradients", Gradient.centralize >=> adam >=> falling
        "both", Gradient.centralize >=> Gradient.clipGlobalNorm 0.5 >=> adam >=> falling
        "a number kept once", counting >=> adam >=> falling
        "lookahead", adam >=> falling >=> Weights.lookahead 2 0.5
        "an average", adam >=> falling >=> Weights.average 0.5
        "a partition",
        Rule.partition
            [
                [ ParameterGroup.Classifier; ParameterGroup.Norms ], Gradient.clipLargest 0.25 >=> adam >=> falling
            ]
            (Gradient.centralize >=> Rule.descend (Const 0.25))
    ]

/// Shapes that parameters of each group have, vectors and single numbers among them.
let shapes =
    let size = Gen.choose (1, 9) |> Gen.map int64

    let shape group =
        gen {
            let! a = size
            let! b = size
            let! c = Gen.choose (1, 3) |> Gen.map int64

            return!
                match group with
                | ParameterGroup.BinaryWeights
                | ParameterGroup.RealConvolutions -> Gen.elements [ [| a; b; c; c |]; [| 1L; b; c; c |] ]
                | ParameterGroup.Classifier -> Gen.elements [ [| a; b |]; [| a |] ]
                | ParameterGroup.ShiftsAndScales -> Gen.elements [ [| 1L; a; 1L; 1L |]; [| a; 1L; 1L; 1L |] ]
                | _ -> Gen.elements [ [| a |]; [||]; [| 40L * a |] ]
        }

    gen {
        let! group = Gen.elements ParameterGroup.all
        let! shape = shape group
        return group, shape
    }
    |> Gen.nonEmptyListOf
    |> Gen.map (List.truncate 12 >> List.sortBy fst)

/// Numbers of a shape, of both signs.
let numbers seed (dtype: torch.ScalarType) (shape: int64[]) =
    use generator = new torch.Generator(uint64 (1000 + seed))
    torch.randn(shape, generator = generator).``to`` dtype

/// A parameter with a gradient.
let parameter seed dtype (shape: int64[]) =
    let own = new Parameter(numbers seed dtype shape, true)
    own.grad <- numbers (seed + 500) dtype shape
    own

let floats (t: torch.Tensor) =
    t.detach().``to``(torch.float64).contiguous().flatten().data<float>().ToArray()

/// Lists of parameters, one list a group, as the optimizer takes them.
let lists (parameters: (ParameterGroup * Parameter) list) =
    [
        for group, members in List.groupBy fst parameters -> struct (Seq.map snd members, group)
    ]

/// The same numbers in the flat memory that the trainer's optimizer takes, and where the tensors are.
let flat (dtype: torch.ScalarType) (parameters: (ParameterGroup * Parameter) list) =
    [|
        for group, members in List.groupBy fst parameters do
            let members = List.map snd members

            let joined (pick: Parameter -> torch.Tensor) =
                // TorchSharp gives one tensor back as it is
                torch
                    .cat([| for p in members -> (pick p).detach().flatten() |])
                    .``to``(dtype)
                    .clone()
                    .DetachFromDisposeScope()

            let channels (shape: int64[]) =
                match group with
                | ParameterGroup.BinaryWeights
                | ParameterGroup.RealConvolutions
                | ParameterGroup.Classifier when shape.Length > 1 -> shape[0]
                | _ -> shape |> Array.tryFind (fun size -> size > 1L) |> Option.defaultValue 1L

            let places =
                (0L, members)
                ||> List.mapFold (fun at p ->
                    let rows = channels p.shape
                    struct (at, int rows, p.numel () / rows), at + p.numel ())
                |> fst

            new FlatGroup(group, joined (fun p -> p), joined _.grad, List.toArray places)
    |]

/// Fails where tensors are not those of the flat memory, bit for bit.
let equalToFlat (groups: FlatGroup[]) (parameters: (ParameterGroup * Parameter) list) message =
    let expected = groups |> Array.collect (fun group -> floats group.Weights)

    let actual =
        [|
            for _, p in parameters do
                yield! floats p
        |]

    Checks.equalBits expected actual message

/// What an operation is refused with.
let refusal<'e when 'e :> exn> (act: unit -> unit) =
    try
        act ()
        failtest "nothing was refused"
    with :? 'e as e ->
        e.Message
