namespace Bnn

open System
open System.Collections.Generic

/// A node of a graph; operands are the indices of earlier nodes.
[<RequireQualifiedAccess>]
[<EditorBrowsable(Never)>]
type Node =
    /// A constant by its bits, so that -0 and NaN are constants like any other.
    | Const of bits: int64
    | Leaf of name: string * isSlot: bool
    | Unary of Op1 * int
    | Binary of Op2 * int * int
    | Select of Compare * int * int * int * int
    | Reduce of Reduction * Over * int

/// Several expressions as one list of operations in an order in which they can be computed; what is equal is there once.
/// Evaluating, compiling and printing all walk this list, so they share one meaning.
[<EditorBrowsable(Never)>]
type Graph =
    {
        Nodes: Node[]
        Extents: Extent[]
        Roots: int[]
    }

[<EditorBrowsable(Never)>]
module Graph =
    /// The graph of `roots`. A surrogate stands for its value.
    let ofExprs (roots: Expr list) =
        let nodes = List<Node>()
        let extents = List<Extent>()
        let byStructure = Dictionary<struct (Node * Extent), int>()
        let byReference = Dictionary<Expr, int>(HashIdentity.Reference)

        let add node extent =
            match byStructure.TryGetValue(struct (node, extent)) with
            | true, index -> index
            | _ ->
                nodes.Add node
                extents.Add extent
                byStructure[struct (node, extent)] <- nodes.Count - 1
                nodes.Count - 1

        let finest operands =
            operands |> List.fold (fun x i -> max x extents[i]) Once

        let rec go (e: Expr) =
            match byReference.TryGetValue e with
            | true, index -> index
            | _ ->
                let index =
                    match e with
                    | Const c -> add (Node.Const(BitConverter.DoubleToInt64Bits c)) Once
                    | Input(name, extent) -> add (Node.Leaf(name, false)) extent
                    | Slot(name, extent) -> add (Node.Leaf(name, true)) extent
                    | Unary(o, a) ->
                        let a = go a
                        add (Node.Unary(o, a)) extents[a]
                    | Binary(o, a, b) ->
                        let a, b = go a, go b
                        add (Node.Binary(o, a, b)) (finest [ a; b ])
                    | Select(c, a, b, x, y) ->
                        let a, b, x, y = go a, go b, go x, go y
                        add (Node.Select(c, a, b, x, y)) (finest [ a; b; x; y ])
                    | Reduce(reduction, over, a) ->
                        let a = go a
                        add (Node.Reduce(reduction, over, a)) (if over = Channel then PerChannel else Once)
                    | Surrogate(value, _) -> go value

                byReference[e] <- index
                index

        let roots = roots |> List.map go |> List.toArray

        {
            Nodes = nodes.ToArray()
            Extents = extents.ToArray()
            Roots = roots
        }

    /// The operands of a node.
    let operands node =
        match node with
        | Node.Const _
        | Node.Leaf _ -> []
        | Node.Unary(_, a)
        | Node.Reduce(_, _, a) -> [ a ]
        | Node.Binary(_, a, b) -> [ a; b ]
        | Node.Select(_, a, b, x, y) -> [ a; b; x; y ]
