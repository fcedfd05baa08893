/// No number is left to the garbage collector while libtorch reads it.
module Bnn.Tests.ScalarTests

open Bnn
open Expecto
open TorchSharp

/// What the library must not do, each in the way that C# and F# have for it.
module private Careless =
    let product (x: torch.Tensor) = x * (2.0).ToScalar()
    let sum (x: torch.Tensor) (y: torch.Tensor) = x + y
    let square (x: torch.Tensor) = x.square ()
    let counted (x: torch.Tensor) (one: Scalar) = x.add_ one
    let converted () = Scalar.op_Implicit 3
    let read (x: torch.Tensor) = x.ToDouble()

    let listed (xs: torch.Tensor list) =
        xs |> List.map (fun x -> x.pow ((3).ToScalar()))

let private library = typeof<BnnModel>.Assembly.Location
let private holder = "Scalars"

let private show calls =
    calls
    |> List.map (fun (t, m, other) -> $"{t}.{m} calls {other}")
    |> List.distinct

[<Tests>]
let tests =
    testList
        "Scalars"
        [
            test
                "No method of the library leaves a scalar to the garbage collector, nor calls one of TorchSharp that does" {
                let calls = NativeCalls.scalarCalls library (NativeCalls.isOf holder >> not)
                Expect.isEmpty (show calls) "calls; use Scalars, which holds its numbers"
            }

            test
                "Whoever makes scalars for the library disposes of each, and calls no method of TorchSharp that makes its own" {
                let held = NativeCalls.scalarsHeld library holder
                Expect.exists held (fun (_, made, _) -> made > 0) "some are made"

                for name, made, disposed in held do
                    Expect.equal disposed made $"{name}: scalars disposed of"

                let own =
                    NativeCalls.scalarCalls library (NativeCalls.isOf holder)
                    |> List.filter (fun (_, _, other) -> not (other.Contains "TorchSharp.Scalar::op_Implicit"))

                Expect.isEmpty (show own) "calls"
            }

            test
                "The reading of compiled code finds a scalar in an operator, in a sum's hidden factor, in a power, in a conversion and in a closure" {
                let found =
                    NativeCalls.scalarCalls
                        (System.Reflection.Assembly.GetExecutingAssembly().Location)
                        (NativeCalls.isOf "ScalarTests")
                    |> List.map (fun (_, m, _) -> m)
                    |> Set.ofList

                for name in [ "product"; "sum"; "square"; "counted"; "converted"; "read" ] do
                    Expect.contains found name "found"

                Expect.contains found "Invoke" "found in the closure"
            }

            test
                "Whoever takes the address of a tensor's numbers keeps the tensor alive, disposes of it, or has it in a field" {
                // each hands addresses to a caller or a field, beside which the tensor is kept
                let inFields =
                    set
                        [
                            "Memory.Of"
                            "Memory.Floats"
                            "Memory.Longs"
                            "BatchFeed.<.ctor>b__1"
                            "RuleOptimizer.Part"
                            "MemoryPart.<.ctor>b__0_1"
                            "ParameterPart.Add"
                            "ParameterPart.Address"
                            "OptimizedParameter.MoveNext"
                        ]

                let found = Set.ofList (NativeCalls.addressesTaken library)
                Expect.equal found inFields "methods"
            }

            test "A number held for one call gives what TorchSharp's operator gives, to the bit" {
                use _scope = torch.NewDisposeScope()
                let x = torch.randn (1000L)

                let pairs =
                    [
                        "plus", Scalars.Plus(x, 0.1), x + (0.1).ToScalar()
                        "times", Scalars.Times(x, 0.1), x * (0.1).ToScalar()
                        "over", Scalars.Over(x, 0.1), x / (0.1).ToScalar()
                        "squared", Scalars.Squared x, x.square ()
                        "at least", Scalars.AtLeast(x, 0.1), x.clamp_min ((0.1).ToScalar())
                        "clipped", Scalars.ClippedToOne x, x.clamp ((-1.0).ToScalar(), (1.0).ToScalar())
                        "sum", Scalars.Plus(x, Scalars.Times(x, 0.3)), x + x * (0.3).ToScalar()
                        "difference", Scalars.Minus(x, Scalars.Times(x, 0.3)), x - x * (0.3).ToScalar()
                        "full", Scalars.Full([| 3L; 2L |], 0.1), torch.full ([| 3L; 2L |], (0.1).ToScalar())
                    ]

                for name, ours, theirs in pairs do
                    Checks.equalBits32 (theirs.data<float32>().ToArray()) (ours.data<float32>().ToArray()) name
            }
        ]
