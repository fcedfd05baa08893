namespace Bnn.Experiments

/// How large an experiment is. Claims are judged at `Scale.full`.
type Scale =
    {
        Protocol: Protocol
        /// Training images; 0: all that are not held out.
        Images: int
        /// Of all steps together; even.
        Epochs: int
        Seeds: int64 list
        /// The same of what chooses rates and decays.
        ScreeningImages: int
        /// More than of a run that counts, whose epochs are longer; a multiple of what one step of two has.
        ScreeningEpochs: int
        ScreeningSeeds: int64 list
    }

[<RequireQualifiedAccess>]
module Scale =
    let full =
        {
            Protocol = Protocol.Full
            Images = 0
            Epochs = 6
            Seeds = [ 1L .. 5L ]
            ScreeningImages = 10_000
            ScreeningEpochs = 10
            ScreeningSeeds = [ 1L; 2L ]
        }

    /// Some seconds: that a script works.
    let quick =
        {
            Protocol = Protocol.Quick
            Images = 320
            Epochs = 2
            Seeds = [ 1L; 2L ]
            ScreeningImages = 320
            ScreeningEpochs = 2
            ScreeningSeeds = [ 1L ]
        }

/// The record of a training, if it has been run.
type Find = Training -> Record option

/// What became of a claim.
type Outcome =
    | Holds
    | DoesNotHold
    | Undecided

type Verdict =
    {
        Outcome: Outcome
        /// What was measured: means, intervals, units.
        Measured: string
        /// How many seeds that rests on.
        Seeds: int
    }

/// A sentence that runs decide.
type Claim =
    {
        Name: string
        /// What the paper says, with its figures; "" for a control that it lacks.
        Paper: string
        /// What would have to be measured for the claim to hold here; written before it was.
        Prediction: string
        Judge: Find -> Verdict
    }

/// A picture of runs.
type Picture =
    {
        /// Its file's name, without an ending.
        Name: string
        /// What it shows, for those who cannot see it.
        Caption: string
        Width: int
        Height: int
        /// None where no run is there yet.
        Draw: Find -> ScottPlot.Plot option
    }

/// One script: what it asks, what it runs, what it shows, what it decides.
type Experiment =
    {
        /// The script's, without its ending.
        Name: string
        Title: string
        /// Which figure or table of the paper.
        Paper: string
        /// What runs are there for, and how they are made; a paragraph.
        Method: string
        /// 1: the paper's claims, 2: controls.
        Tier: int
        /// The runs that it needs, as far as the records say which: those of a tuned rate are known when screening is done.
        Trainings: Scale -> Find -> Training list
        Claims: Scale -> Claim list
        Pictures: Scale -> Picture list
        Analyses: Analysis list
    }

[<RequireQualifiedAccess>]
module Verdict =
    /// Undecided: so many seeds of those wanted are there.
    let waiting seeds =
        {
            Outcome = Undecided
            Measured = "not all runs are there"
            Seeds = seeds
        }

    /// By a confidence interval: holds where all of it is above 0, does not hold where all of it is below, else undecided.
    let above (measured: string) (interval: Interval) =
        {
            Outcome =
                if interval.Low > 0.0 then Holds
                elif interval.High < 0.0 then DoesNotHold
                else Undecided
            Measured = measured
            Seeds = interval.Count
        }

[<RequireQualifiedAccess>]
module Find =
    /// The records of a training with each of these seeds; None where one is missing.
    let seeds (find: Find) (seeds: int64 list) (training: Training) =
        let records = seeds |> List.choose (fun seed -> find { training with Seed = seed })
        if records.Length = seeds.Length then Some records else None

    /// How many of the seeds are there.
    let count (find: Find) (seeds: int64 list) (training: Training) =
        seeds
        |> List.choose (fun seed -> find { training with Seed = seed })
        |> List.length
