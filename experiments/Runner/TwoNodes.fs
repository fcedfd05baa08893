namespace Bnn.Experiments

open System
open Bnn

/// Points of the plane, and what the network shall say of each: -2, 0 or 2.
type PlanePoints =
    {
        Points: (float * float)[]
        Targets: float[]
    }

/// How a training of the two nodes went.
type TwoNodesRun =
    {
        /// Before the first iteration and after each.
        Weights: float[] list
        /// The first iteration after which few enough points are wrong.
        Reached: int option
    }

/// The smallest binary network that has a plateau: y(x) = sign(w1 x) + sign(w2 x), x and both w in the plane. Weights are an array of four numbers, w1 then w2.
///
/// Loss: the mean over the points of (y - target)^2 / 2; it depends on the directions of w1 and w2 alone. Gradient: straight through both signs with the
/// derivative of clip(-1, a, 1), so of wk the mean of (y - target) [|wk x| <= 1] x. Points with |wk x| > 1 saturate node k, and it learns nothing from them.
[<RequireQualifiedAccess>]
module TwoNodes =
    let private activation (weights: float[]) node (x, y) =
        weights[2 * node] * x + weights[2 * node + 1] * y

    let private sign a = if a >= 0.0 then 1.0 else -1.0

    /// y.
    let output weights point =
        sign (activation weights 0 point) + sign (activation weights 1 point)

    let private errors weights (task: PlanePoints) =
        Array.map2 (fun point target -> output weights point - target) task.Points task.Targets

    let loss weights task =
        errors weights task |> Array.averageBy (fun error -> 0.5 * error * error)

    /// The share of points of which the network says something else than it shall.
    let wrong weights (task: PlanePoints) =
        let errors = errors weights task
        float (errors |> Array.filter ((<>) 0.0) |> Array.length) / float errors.Length

    /// The share of points that saturate a node, 0 or 1.
    let saturation weights node (task: PlanePoints) =
        let saturating =
            task.Points
            |> Array.filter (fun point -> abs (activation weights node point) > 1.0)

        float saturating.Length / float task.Points.Length

    /// The gradient that straight-through signs give.
    let gradient (weights: float[]) (task: PlanePoints) =
        let sum = Array.zeroCreate 4
        let count = float task.Points.Length

        for (x, y), error in Array.zip task.Points (errors weights task) do
            for node in 0..1 do
                if abs (activation weights node (x, y)) <= 1.0 then
                    sum[2 * node] <- sum[2 * node] + error * x / count
                    sum[2 * node + 1] <- sum[2 * node + 1] + error * y / count

        sum

    let private normal (random: Random) =
        sqrt (-2.0 * log (1.0 - random.NextDouble()))
        * cos (2.0 * Math.PI * random.NextDouble())

    let private directed length angle =
        [| length * cos angle; length * sin angle |]

    /// Points with standard normal coordinates, their targets those of a network of the same kind with w1 and w2 at a right angle: loss 0 can be reached.
    let task (random: Random) count =
        let points = Array.init count (fun _ -> normal random, normal random)
        let angle = 2.0 * Math.PI * random.NextDouble()

        let teacher =
            Array.append (directed 1.0 angle) (directed 1.0 (angle + Math.PI / 2.0))

        {
            Points = points
            Targets = points |> Array.map (output teacher)
        }

    /// Weights of these lengths in random directions.
    let start (random: Random) length1 length2 =
        let angle () = 2.0 * Math.PI * random.NextDouble()
        Array.append (directed length1 (angle ())) (directed length2 (angle ()))

    let private array = ArrayAlgebra.ofChannels [| 4 |] Algebra.float64

    /// Trains by a rule, all points in each iteration, until at most a share `enough` of the points is wrong, or so many iterations are done.
    let train (rule: Rule) iterations enough task (start: float[]) =
        let step = Unroll.step array rule

        let unknown name =
            invalidArg (nameof rule) $"the rule reads {name}; allowed: w, g, t, T and its slots"

        let rec go (now: Unrolled<float[]>) seen =
            if wrong now.Weights task <= enough then
                {
                    Weights = List.rev seen
                    Reached = Some now.StepsDone
                }
            elif now.StepsDone = iterations then
                {
                    Weights = List.rev seen
                    Reached = None
                }
            else
                let next = step unknown iterations now (gradient now.Weights task)
                go next (next.Weights :: seen)

        go (Unroll.start array rule start) [ start ]

    /// The catalogue's rule of a name at a rate, its other options at their defaults.
    let rule name (rate: float) =
        match Catalogue.tryFind name with
        | Some row -> (row.Make [] |> Fault.orRaise) >=> Rule.descend (Const rate)
        | None ->
            let known = Catalogue.all |> List.map _.Name |> String.concat ", "
            invalidArg (nameof name) $"the optimizer is {name}; allowed: {known}"

    /// A node's angle, in degrees, along a training: without jumps, each next to the one before.
    let angles node (weights: float[] list) =
        let degrees (w: float[]) =
            Math.Atan2(w[2 * node + 1], w[2 * node]) * 180.0 / Math.PI

        let beside (before: float) angle =
            angle + 360.0 * round ((before - angle) / 360.0)

        match List.map degrees weights with
        | [] -> []
        | first :: rest -> rest |> List.scan beside first
