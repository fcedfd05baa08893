module Bnn.Tests.ExprTests

open System
open System.Threading.Tasks
open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.Generators
open Expecto
open FsCheck.FSharp

/// The same formula with no node shared, not even by accident.
let rec private unshared (e: Expr) =
    match e with
    | Const c -> Const c
    | Input(n, x) -> Input(String.Concat(n, ""), x)
    | Slot(n, x) -> Slot(String.Concat(n, ""), x)
    | Unary(o, a) -> Unary(o, unshared a)
    | Binary(o, a, b) -> Binary(o, unshared a, unshared b)
    | Select(c, a, b, x, y) -> Select(c, unshared a, unshared b, unshared x, unshared y)
    | Reduce(f, o, a) -> Reduce(f, o, unshared a)
    | Surrogate(v, c) -> Surrogate(unshared v, unshared c)

/// The tree as text, constants by their bits.
let rec private tree (e: Expr) =
    let below = e.Children |> List.map tree |> String.concat " "

    match e with
    | Const c -> $"{BitConverter.DoubleToInt64Bits c}"
    | Input(n, x) -> $"(input {n} {x})"
    | Slot(n, x) -> $"(slot {n} {x})"
    | Unary(o, _) -> $"({o} {below})"
    | Binary(o, _, _) -> $"({o} {below})"
    | Select(c, _, _, _, _) -> $"({c} {below})"
    | Reduce(f, o, _) -> $"({f} {o} {below})"
    | Surrogate _ -> $"(surrogate {below})"

/// The finest extent of any leaf of the tree. A surrogate gradient counts: deriving reads it.
let rec private naiveExtent (e: Expr) =
    match e with
    | Input(_, x)
    | Slot(_, x) -> x
    | _ -> e.Children |> List.map naiveExtent |> List.fold max Once

let private pair =
    Arb.fromGenShrink (
        Gen.two anyExprGen,
        (fun (a, b) -> Seq.append (shrinkExpr a |> Seq.map (fun a -> a, b)) (shrinkExpr b |> Seq.map (fun b -> a, b)))
    )

/// A value for each leaf, and two more that tell substitutions apart.
let private values (name: string) =
    match name with
    | "w" -> 0.75
    | "g" -> -1.5
    | "m" -> 2.25
    | "bias" -> -0.125
    | "scale" -> 3.5
    | "t" -> 7.0
    | "T" -> 20.0
    | _ -> 0.3

// Walked as a tree, the formula would take longer than anyone waits: so the work is left behind, not waited for.
let private quick name (work: unit -> unit) =
    Expect.isTrue (Task.Run(work).Wait 10000) $"{name} of a deeply shared formula must not walk it as a tree"

[<Tests>]
let tests =
    testList
        "Expr"
        [
            law "an expression equals its copy that shares nothing, and their hashes agree" anyExpr (fun e ->
                let copy = unshared e
                Expect.isTrue (e = copy && copy = e) "a copy is the same formula"
                Expect.equal (hash copy) (hash e) "equal formulas have equal hashes")

            law "two expressions are equal exactly where their trees are" pair (fun (a, b) ->
                Expect.equal (a = b) (tree a = tree b) "equality is that of the trees")

            test "constants are compared by their bits" {
                Expect.equal (Const nan) (Const nan) "NaN is the same constant as itself"
                Expect.notEqual (Const 0.0) (Const -0.0) "0 and -0 are two constants"
                Expect.notEqual (Expr.weight + 0.0) (Expr.weight + -0.0) "also below an operator"
            }

            test "an input is not a slot of the same name, and extents tell inputs apart" {
                Expect.notEqual (Input("m", PerWeight)) (Slot("m", PerWeight)) "input and slot"
                Expect.notEqual (Input("a", PerChannel)) (Input("a", PerWeight)) "extents"
                Expect.isFalse ((Expr.weight :> obj).Equals "w") "an expression is no text"
            }

            test "a formula of 200 shared levels is compared, hashed, graphed, derived and printed at once" {
                let a, b = deeplyShared 200, deeplyShared 200
                let other = Expr.rewrite (fun e -> if e = Const 200.0 then Const 201.0 else e) b
                quick "comparing" (fun () -> Expect.equal a b "two copies are equal")
                quick "telling apart" (fun () -> Expect.notEqual a other "one constant differs")
                quick "hashing" (fun () -> Expect.equal (hash a) (hash b) "equal formulas have equal hashes")
                quick "the extent" (fun () -> Expect.equal (Expr.extent a) PerWeight "reads w")
                quick "rewriting" (fun () -> Expect.equal (Expr.rewrite id a) a "rewriting with id changes nothing")

                quick "the graph" (fun () ->
                    Expect.isLessThan (Graph.ofExprs [ a; b ]).Nodes.Length 1000 "shared nodes once")

                quick "deriving" (fun () ->
                    let derivative = Derive.wrt Expr.weight a
                    Expect.isLessThan (Graph.ofExprs [ derivative ]).Nodes.Length 2000 "the derivative is shared, too")

                quick "printing" (fun () ->
                    Expect.isLessThan (Print.definitions [ "y", a ]).Length 1000 "a line a node")
            }

            law "a rewritten expression keeps its sharing" anyExpr (fun e ->
                let nodes = (Graph.ofExprs [ e ]).Nodes.Length
                Expect.equal (Expr.rewrite id e) e "id changes nothing"
                Expect.equal (Graph.ofExprs [ Expr.rewrite id e ]).Nodes.Length nodes "nor the number of nodes")

            law
                "substitution is simultaneous: exchanging w and g is evaluating with their values exchanged"
                anyExpr
                (fun e ->
                    let exchange =
                        Expr.substitute (fun leaf ->
                            if leaf = Expr.weight then Some Expr.gradient
                            elif leaf = Expr.gradient then Some Expr.weight
                            else None)

                    let exchanged name =
                        values (
                            if name = "w" then "g"
                            elif name = "g" then "w"
                            else name
                        )

                    let expected = Reference.evaluate Algebra.float64 exchanged e
                    let actual = Reference.evaluate Algebra.float64 values (exchange e)
                    Expect.isTrue (same expected actual) "the value with w and g exchanged"
                    Expect.equal (exchange (exchange e)) e "twice is not at all")

            test "substitution does not look into what it has put in" {
                let e = Expr.weight + Expr.gradient

                let grown =
                    e |> Expr.substitute (fun leaf -> if leaf = Expr.weight then Some e else None)

                Expect.equal grown (Expr.weight + Expr.gradient + Expr.gradient) "w becomes w + g once"
            }

            law "the extent is the finest of the leaves" anyExpr (fun e ->
                Expect.equal (Expr.extent e) (naiveExtent e) "the finest extent")

            law "a graph holds nothing twice, and operands come before their uses" pair (fun (a, b) ->
                let graph = Graph.ofExprs [ a; b; a ]
                let named = Array.zip graph.Nodes graph.Extents
                Expect.equal (Array.distinct named).Length named.Length "no node is there twice"

                graph.Nodes
                |> Array.iteri (fun i node ->
                    Expect.all (Graph.operands node) (fun k -> k >= 0 && k < i) "operands come first")

                Expect.equal graph.Roots[0] graph.Roots[2] "equal roots are one node"
                let reachable = System.Collections.Generic.HashSet<int>()

                let rec reach k =
                    if reachable.Add k then
                        Graph.operands graph.Nodes[k] |> List.iter reach

                graph.Roots |> Array.iter reach
                Expect.equal reachable.Count graph.Nodes.Length "nothing is there that no root needs")

            law "a graph's node is as fine as the finest of its operands" anyExpr (fun e ->
                let graph = Graph.ofExprs [ e ]

                graph.Nodes
                |> Array.iteri (fun i node ->
                    match Graph.operands node with
                    | [] -> ()
                    | operands ->
                        let finest = operands |> List.map (fun k -> graph.Extents[k]) |> List.max
                        Expect.equal graph.Extents[i] finest "the finest operand's extent"))

            lawOf 1000 "evaluating the graph is evaluating the tree, in float64 and float32" pair (fun (a, b) ->
                let graph = Graph.ofExprs [ a; b ]

                equalBits
                    [|
                        Reference.evaluate Algebra.float64 values a
                        Reference.evaluate Algebra.float64 values b
                    |]
                    (Algebra.evaluate Algebra.float64 values graph)
                    "float64"

                let single = values >> float32

                equalBits32
                    [|
                        Reference.evaluate Algebra.float32 single a
                        Reference.evaluate Algebra.float32 single b
                    |]
                    (Algebra.evaluate Algebra.float32 single graph)
                    "float32")

            test "the operators mean what they say at their edges" {
                let unary op x = Algebra.float64.Unary op x
                let binary op a b = Algebra.float64.Binary op a b

                let is expected actual message =
                    Expect.isTrue (same expected actual) $"{message}, not {actual}"

                is 1.0 (unary SignPlus 0.0) "sign of 0 is +1 for binarizers"
                is 1.0 (unary SignPlus -0.0) "sign of -0 is +1 for binarizers"
                is 0.0 (unary Signum 0.0) "sign of 0 is 0 for rules"
                is -0.0 (unary Signum -0.0) "sign of -0 is -0 for rules"
                is -1.0 (unary Signum -1e-310) "sign of a subnormal"
                is nan (unary Signum nan) "sign of NaN for rules"
                is nan (unary SignPlus nan) "sign of NaN for binarizers"
                is -0.0 (unary Neg 0.0) "minus 0"
                is nan (binary Max nan 1.0) "the greater of NaN and 1"
                is nan (binary Max 1.0 nan) "the greater of 1 and NaN"
                is nan (binary Min 1.0 nan) "the lesser of 1 and NaN"
                is 0.0 (binary Max -0.0 0.0) "the greater of -0 and 0"
                is -0.0 (binary Min 0.0 -0.0) "the lesser of 0 and -0"
                is -1.0 (binary Mod -7.0 3.0) "a remainder has the dividend's sign"
                is 1.0 (binary Mod 7.0 -3.0) "a remainder has the dividend's sign"

                for compare in compares do
                    is 2.0 (Algebra.float64.Select compare nan 1.0 1.0 2.0) "a test of NaN is false"
                    is 2.0 (Algebra.float64.Select compare 1.0 nan 1.0 2.0) "a test of NaN is false"

                is 1.0 (Algebra.float64.Select Equal 0.0 -0.0 1.0 2.0) "0 equals -0"
                is 2.0 (Algebra.float64.Select Less 1.0 1.0 1.0 2.0) "1 is not below 1"
                is 1.0 (Algebra.float64.Select LessOrEqual 1.0 1.0 1.0 2.0) "1 is at most 1"
            }
        ]
