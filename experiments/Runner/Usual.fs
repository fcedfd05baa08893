namespace Bnn.Experiments

/// The trainings that several scripts compare. All are on Fashion-MNIST with ReActNet's blocks unless a script says otherwise.
[<RequireQualifiedAccess>]
module Usual =
    /// A training at a scale, its steps still to be given.
    let training (scale: Scale) data =
        { Training.usual data Networks.ReActNet with
            Images = scale.Images
            Protocol = scale.Protocol
        }

    let withOptimizer name rate (training: Training) =
        { training with
            Optimizer = { Name = name; LearningRate = rate }
        }

    /// Binary from the start.
    let oneStep (scale: Scale) decay (training: Training) =
        { training with
            Steps = [ Step.binary scale.Epochs decay ]
        }

    /// Half of the epochs with binary activations and decay, half all binary without: as many epochs in all as `oneStep`.
    let twoStep (scale: Scale) decay (training: Training) =
        { training with
            Steps =
                [
                    Step.activations (scale.Epochs / 2) decay
                    Step.binary (scale.Epochs / 2) 0.0
                ]
        }

    /// The same with weights first.
    let weightsFirst (scale: Scale) decay (training: Training) =
        { training with
            Steps = [ Step.weights (scale.Epochs / 2) decay; Step.binary (scale.Epochs / 2) 0.0 ]
        }

    /// Nothing binary.
    let real (scale: Scale) decay (training: Training) =
        { training with
            Steps = [ Step.real scale.Epochs decay ]
        }

    /// The rates of the sweep (the paper, Figure 8): six, and on CIFAR-10 three, around the best ones on Fashion-MNIST.
    let rates (scale: Scale) data name =
        let all =
            match data, name with
            | DataSets.Cifar10, "SGD" -> [ 3e-2; 1e-1; 3e-1 ]
            | DataSets.Cifar10, _ -> [ 1e-2; 3e-2; 1e-1 ]
            | _, "SGD" -> [ 3e-3; 1e-2; 3e-2; 1e-1; 3e-1; 1.0 ]
            | _ -> [ 3e-4; 1e-3; 3e-3; 1e-2; 3e-2; 1e-1 ]

        if scale.Protocol = Protocol.Quick then
            all[all.Length / 2 - 1 .. all.Length / 2]
        else
            all

    /// One-step trainings of an optimizer, one for each rate.
    let sweep (scale: Scale) data name =
        [
            for rate in rates scale data name -> training scale data |> oneStep scale 0.0 |> withOptimizer name rate
        ]

    /// The same of the real network, without the extreme rates.
    let realSweep (scale: Scale) data name =
        [
            for rate in rates scale data name |> List.filter (fun rate -> rate < 1.0 && rate > 3e-4) ->
                training scale data |> real scale 0.0 |> withOptimizer name rate
        ]

    /// An optimizer's best rate, by the sweep; None while it is not done.
    let tuned (scale: Scale) data name find =
        Tuning.best scale find (sweep scale data name) |> Option.map _.Optimizer

    let tunedReal (scale: Scale) data name find =
        Tuning.best scale find (realSweep scale data name) |> Option.map _.Optimizer

    /// Decays that are tried in step 1 or in one step: coupled decay depends on how large gradients are, and here the paper's 5e-6 does nothing.
    let decays = [ 0.0; 1e-4; 1e-3; 1e-2 ]

    /// Trainings with each seed.
    let seeds (scale: Scale) (training: Training) =
        [ for seed in scale.Seeds -> { training with Seed = seed } ]

    /// A training by an optimizer at its tuned rate; None while that is not known.
    let at (optimizer: Optimizer option) (training: Training) =
        optimizer
        |> Option.map (fun optimizer -> { training with Optimizer = optimizer })

    /// A one-step training by an optimizer at its best rate, without decay: what most claims compare.
    let tunedOneStep (scale: Scale) data name find =
        training scale data |> oneStep scale 0.0 |> at (tuned scale data name find)

    /// The real network by an optimizer at its own best rate.
    let tunedRealStep (scale: Scale) data name find =
        training scale data |> real scale 0.0 |> at (tunedReal scale data name find)

    /// The decays of step 1 that two steps are tried with, at Adam's best one-step rate.
    let twoStepSweep (scale: Scale) data find =
        match tuned scale data "Adam" find with
        | Some optimizer ->
            [
                for decay in decays ->
                    { (training scale data |> twoStep scale decay) with
                        Optimizer = optimizer
                    }
            ]
        | None -> []

    /// Two steps with the best decay of step 1.
    let tunedTwoStep (scale: Scale) data find =
        match twoStepSweep scale data find with
        | [] -> None
        | candidates ->
            Tuning.best scale find candidates
            |> Option.map (fun best ->
                { best with
                    Images = scale.Images
                    Protocol = scale.Protocol
                })

    /// The one-step trainings of Adam and SGD, and what finds their rates.
    let oneStepOfBoth (scale: Scale) data (find: Find) =
        [
            for name in [ "Adam"; "SGD" ] do
                yield! Tuning.runs scale (sweep scale data name)

                match tunedOneStep scale data name find with
                | Some training -> yield! seeds scale training
                | None -> ()
        ]

    /// All seeds of those that are known.
    let allSeeds (scale: Scale) (trainings: Training option list) =
        trainings |> List.choose id |> List.collect (seeds scale)
