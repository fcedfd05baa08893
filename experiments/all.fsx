(**
# Every experiment: what there is to run, what it costs, and who runs it

First `dotnet build -c Release`, then `dotnet fsi experiments/all.fsx`: prices what is missing, runs it by two processes of one thread each, and writes
results/pictures and README.md. It may be stopped at any time, and goes on where it was. Options: `--data FOLDER`; `--list` (a line for each missing run: hash,
price in seconds, what it is), `--only HASH` (runs that one), both for a batch queue; `--page` (writes pictures and README.md, runs nothing); `--processes 2`;
`--check 5` (runs five of the records again and compares).
*)
#load "rate-sweep.fsx"
#load "landscape.fsx"
#load "curves.fsx"
#load "saturation.fsx"
#load "kernel-magnitudes.fsx"
#load "dead-weights.fsx"
#load "two-nodes.fsx"
#load "latent-weights.fsx"
#load "weight-decay.fsx"
#load "order.fsx"
#load "confidence.fsx"
#load "controls.fsx"
#load "cifar10-contrasts.fsx"
#load "distillation.fsx"

open Bnn.Experiments

let experiments =
    [
        ``Rate-sweep``.experiment
        Landscape.experiment
        Curves.experiment
        Saturation.experiment
        ``Kernel-magnitudes``.experiment
        ``Dead-weights``.experiment
        ``Two-nodes``.experiment
        ``Latent-weights``.experiment
        ``Weight-decay``.experiment
        Order.experiment
        Confidence.experiment
        Controls.experiment
        ``Cifar10-contrasts``.experiment
        Distillation.experiment
    ]

Everything.main experiments fsi.CommandLineArgs
