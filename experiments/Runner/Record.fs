namespace Bnn.Experiments

/// What the paper's figures show of the first binary convolution.
type FirstLayer =
    {
        /// Standard deviation over the output channels of mean |w|.
        Sdam: float
        /// Of |w after - w before| of single iterations.
        UpdateSdam: float
        /// mean |w| of each output channel, or percentiles.
        Cam: float list
        /// Mean |update| of each output channel by iteration, ascending.
        UpdateCam: float list
        /// For each output channel the share of gradients that are exactly 0.
        ZeroGradients: float list
    }

/// How latent weights are spread: equally wide bins over -Limit to Limit.
type Latent =
    {
        Limit: float
        Counts: int64 list
        Below: int64
        Above: int64
        /// Shares with |w| > 0.9 and < 0.1.
        Confident: float
        Unsure: float
        Peaks: float list
    }

/// What one epoch showed. Shares are in 0..1.
type Epoch =
    {
        /// From 1.
        Step: int
        Epoch: int
        Loss: float
        TrainTop1: float
        /// On the held-out images; NaN where it was not measured.
        HeldOutTop1: float
        FlipFlopRatio: float
        C2IRatio: float
        /// Of the first binary convolution.
        Saturation: float
        ZeroGradientChannels: float
        ZeroGradients: float
        DeadWeights: float
        RevivedWeights: float
        Latent: Latent option
        /// At the first and the last epoch of each step.
        FirstLayer: FirstLayer option
    }

/// What one step reached.
type StepResult =
    {
        TrainTop1: float
        HeldOutTop1: float
        FlipFlopRatio: float
        C2IRatio: float
        Saturation: float
    }

/// What made the numbers.
type Machine =
    {
        Processor: string
        Runtime: string
        Torch: string
        /// The day it ended, as yyyy-MM-dd.
        Day: string
    }

/// What a finished run leaves: a small file, by the hash of its configuration.
type Record =
    {
        Hash: string
        NumericsVersion: int
        Training: Training
        /// How many images trained.
        Images: int
        /// How it failed, for instance by a loss that was no number any more; "" where it did not.
        Failure: string
        /// On the test images, at the end; NaN where they were not read.
        TestTop1: float
        Steps: StepResult list
        Epochs: Epoch list
        /// What its analysis found, by names.
        Analysis: Map<string, float list>
        /// Core-seconds: one thread.
        Seconds: float
        Machine: Machine
        /// What is to be known about the images beside its figures: "JPEG" where they were read from JPEGs, else "".
        DataNote: string
    }
