module Bnn.Tests.OptimizerTests

open Bnn
open Bnn.Tests.Checks
open Bnn.Tests.Generators
open Expecto
open FsCheck.FSharp

[<Tests>]
let tests =
    testList
        "Optimizer"
        [
            law "Adam without epsilon moves a weight by the learning rate at its first step" course (fun course ->
                let rate = 0.01

                let rule =
                    Adam.rule { Adam.defaults with Epsilon = 0.0 } >=> Rule.descend (Const rate)

                let zero = course.P0 |> Array.map (fun _ -> 0.0)
                let g = course.Grads[0]
                let struct (_, w) = Optimizer.step rule (Optimizer.start rule zero) g zero

                Array.iter2
                    (fun (g: float) w ->
                        // Below that the square of the gradient is subnormal and has lost digits.
                        if abs g > 1e-150 then
                            Expect.isLessThanOrEqual (abs w) (rate * (1.0 + 1e-12)) $"gradient {g}")
                    g
                    w)

            law "decoupled decay is coupled decay for plain descent, and nothing where decay is 0" course (fun course ->
                let rate = Const 0.125
                let descend = Rule.descend rate

                let run rule =
                    Reference.trajectory rule 0 course.P0 course.Grads

                let adam = Adam.rule Adam.defaults
                let coupled = run (Rule.addDecayedWeights (Const 0.0) >=> adam >=> descend)
                let decoupled = run (Rule.decoupledDecay rate (Const 0.0) >=> adam >=> descend)
                List.iter2 (fun c d -> Expect.sequenceEqual c d "decay 0") coupled decoupled

                // w - lr (g + wd w) and (1 - lr wd) w - lr g are the same number before rounding.
                let coupled = run (Rule.addDecayedWeights (Const 0.25) >=> descend)
                let decoupled = run (Rule.decoupledDecay rate (Const 0.25) >=> descend)

                let largest =
                    Seq.append course.P0 (Seq.concat course.Grads) |> Seq.map abs |> Seq.max

                List.iter2
                    (Array.iter2 (fun c d -> Expect.isTrue (near 1e-12 (1e-13 * largest) c d) $"{c} and {d}"))
                    coupled
                    decoupled)

            law
                "Adagrad is Adam that neither averages gradients nor forgets, over the root of the steps"
                course
                (fun course ->
                    // Adam's mean square is then the squares' mean but for t (1 - beta2) of it.
                    let beta2 = 1.0 - 1.0 / 1048576.0

                    let adam =
                        Adam.rule
                            { Adam.defaults with
                                Beta1 = 0.0
                                Beta2 = beta2
                                Epsilon = 0.0
                            }
                        >=> Rule.scale (1.0 / sqrt Expr.time)

                    let adagrad = Adagrad.rule { Adagrad.defaults with Epsilon = 0.0 }

                    if Laws.isModerate course then
                        List.iter2
                            (Array.iter2 (fun (a: float) b ->
                                Expect.isTrue (same a b || near (12.0 * (1.0 - beta2)) 0.0 a b) $"{a} and {b}"))
                            (Laws.transformed adam course)
                            (Laws.transformed adagrad course))

            law
                "without epsilon a fresh state's first step sees no more of the gradient than its sign: Adam, Adan, RMSProp, Adagrad, Lion"
                course
                (fun course ->
                    let first =
                        { course with
                            Grads = Array.truncate 1 course.Grads
                        }

                    let sized size =
                        { first with
                            Grads = first.Grads |> Array.map (Array.map (fun g -> size * float (sign g)))
                        }

                    let rules =
                        [
                            "Adam", Adam.rule { Adam.defaults with Epsilon = 0.0 }
                            "Adan", Adan.rule { Adan.defaults with Epsilon = 0.0 }
                            "RMSProp", RmsProp.rule { RmsProp.defaults with Epsilon = 0.0 }
                            "Adagrad", Adagrad.rule { Adagrad.defaults with Epsilon = 0.0 }
                            "Lion", Lion.rule Lion.defaults
                        ]

                    if Laws.isModerate course then
                        for name, rule in rules do
                            List.iter2
                                (Array.iter2 (fun (a: float) b ->
                                    Expect.isTrue (same a b || near 1e-12 0.0 a b) $"{name}: {a} and {b}"))
                                (Laws.transformed rule first)
                                (Laws.transformed rule (sized 0.75)))

            test "the ends of an option's range are allowed, what is beyond is a fault that names it" {
                let faults (row: OptimizerRow) name value =
                    match row.Make [ name, value ] with
                    | Ok _ -> []
                    | Error faults -> faults |> List.map _.Name |> List.distinct

                let check row name allowed refused =
                    for value in allowed do
                        Expect.equal (faults row name value) [] $"{row.Name}: {name} {value}"

                    for value in refused do
                        Expect.equal (faults row name value) [ name ] $"{row.Name}: {name} {value}"

                let decayRates =
                    [
                        Adan.row, [ "beta1"; "beta2"; "beta3" ]
                        Lion.row, [ "beta1"; "beta2" ]
                        RmsProp.row, [ "alpha"; "momentum" ]
                        Adadelta.row, [ "rho" ]
                    ]

                let notNegative =
                    [
                        Adan.row, [ "epsilon" ]
                        RmsProp.row, [ "epsilon" ]
                        Adagrad.row, [ "lrDecay"; "initialAccumulator"; "epsilon" ]
                        Adadelta.row, [ "epsilon" ]
                        Bop.row, [ "threshold" ]
                    ]

                for row, names in decayRates do
                    for name in names do
                        check row name [ 0.0; 0.999 ] [ 1.0; -1e-9 ]

                for row, names in notNegative do
                    for name in names do
                        check row name [ 0.0; 1e3 ] [ -1e-9; infinity ]

                check Bop.row "gamma" [ 1e-9; 1.0 ] [ 0.0; 1.5; -1.0; infinity ]
            }

            test "every option out of range is a fault, NaN included, all at once" {
                let sgd momentum dampening nesterov =
                    Sgd.validate
                        {
                            Momentum = momentum
                            Dampening = dampening
                            Nesterov = nesterov
                        }
                    |> List.map _.Name

                Expect.equal (sgd 0.9 0.0 true) [] "in range"
                Expect.equal (sgd 0.0 1.0 false) [] "the ends of the ranges"
                Expect.equal (sgd 0.0 0.0 true) [ "nesterov" ] "Nesterov without momentum"
                Expect.equal (sgd 0.9 0.1 true) [ "nesterov" ] "Nesterov with dampening"

                let adam beta1 beta2 epsilon =
                    Adam.validate
                        { Adam.defaults with
                            Beta1 = beta1
                            Beta2 = beta2
                            Epsilon = epsilon
                        }
                    |> List.map _.Name

                Expect.equal (adam 0.0 0.0 0.0) [] "the ends of the ranges"

                for bad in [ nan; infinity; -infinity; -1e-9; 1.5 ] do
                    Expect.equal (sgd bad bad false) [ "momentum"; "dampening" ] $"SGD, {bad}"
                    let epsilon = if bad = 1.5 then [] else [ "epsilon" ]
                    Expect.equal (adam bad bad bad) ([ "beta1"; "beta2" ] @ epsilon) $"Adam, {bad}"

                Expect.equal (sgd 1.0 0.0 false) [ "momentum" ] "momentum 1 never forgets"
                Expect.equal (adam 1.0 1.0 0.0) [ "beta1"; "beta2" ] "a decay rate of 1 never learns"
            }

            test "decay rates lie in [0, 1), what is added or kept is at least 0, and each that does not is named" {
                for row in [ Adamax.row; NAdam.row; RAdam.row; AdaBelief.row; Yogi.row ] do
                    for option in row.Options |> List.filter (fun option -> option.Range <> OptionRange.Flag) do
                        let faults value =
                            match row.Make [ option.Name, value ] with
                            | Ok _ -> []
                            | Error faults -> faults |> List.map _.Name

                        let isDecayRate = option.Name.StartsWith "beta"
                        Expect.equal (faults 0.0) [] $"{row.Name}: {option.Name} 0"

                        for bad in [ -1e-9; infinity; -infinity; nan ] @ (if isDecayRate then [ 1.0 ] else []) do
                            Expect.equal (faults bad) [ option.Name ] $"{row.Name}: {option.Name} {bad}"

                        if not isDecayRate then
                            Expect.equal (faults 1.5) [] $"{row.Name}: {option.Name} 1.5"
            }

            test "a fault says what is wrong and what is allowed" {
                let faults = Adam.validate { Adam.defaults with Beta1 = nan }
                Expect.equal (faults |> List.map string) [ "beta1 is NaN; allowed: at least 0 and below 1" ] "the text"
            }
        ]
