namespace Bnn

open System.ComponentModel

/// The schedules by name, and what makes other schedules of them. `Schedule.steps` and `Schedule.join` take lists, so they
/// have no entry.
[<EditorBrowsable(EditorBrowsableState.Never)>]
module ScheduleEntries =
    let private from value =
        Entry.number "start" (value: float) OptionRange.Finite "the value at the first iteration"

    let private towards value =
        Entry.number "finish" (value: float) OptionRange.Finite "the value one iteration after the last"

    let private count value meaning =
        Entry.number "count" (value: float) OptionRange.Count meaning

    let private sameSign (get: string -> float) =
        Fault.unless
            (get "start" * get "finish" > 0.0)
            "finish"
            (Fault.text (get "finish"))
            "a number of the same sign as start, neither 0"

    /// Schedules of a stage; start and finish are learning rates, or whatever else changes.
    let all: Entry<Expr> list =
        [
            Entry.create
                "constant"
                "The same number throughout"
                "s(t) = value"
                [ Entry.number "value" 1.0 OptionRange.Finite "the number" ]
                (fun get -> Schedule.constant (get "value"))

            Entry.create
                "linear"
                "start + (finish - start) p"
                "Liu et al., ICML 2021, section 5.1"
                [ from 1.0; towards 0.0 ]
                (fun get -> Schedule.linear (get "start") (get "finish"))

            Entry.create
                "cosine"
                "finish + (start - finish) (1 + cos(pi p)) / 2"
                "Loshchilov and Hutter, ICLR 2017, equation 5"
                [ from 1.0; towards 0.0 ]
                (fun get -> Schedule.cosine (get "start") (get "finish"))

            Entry.create
                "polynomial"
                "finish + (start - finish) (1 - p)^power"
                "Caffe's poly policy"
                [
                    Entry.number "power" 2.0 OptionRange.NotNegative "the exponent; 1 is linear"
                    from 1.0
                    towards 0.0
                ]
                (fun get -> Schedule.polynomial (get "power") (get "start") (get "finish"))

            Entry.createWith
                "geometric"
                "start (finish / start)^p; both of one sign, not 0"
                "Qin et al., CVPR 2020, section 3.3"
                [ from 0.1; towards 10.0 ]
                sameSign
                (fun get _ -> Schedule.geometric (get "start") (get "finish"))

            Entry.create
                "exponential"
                "start factor^(t - 1)"
                "torch.optim.lr_scheduler.ExponentialLR"
                [
                    Entry.number "factor" 0.95 OptionRange.Positive "by how much each iteration multiplies"
                    from 1.0
                ]
                (fun get -> Schedule.exponential (get "factor") (get "start"))

            Entry.create
                "every"
                "start factor^floor((t - 1) / count)"
                "torch.optim.lr_scheduler.StepLR"
                [
                    count 30.0 "after how many iterations the factor comes again"
                    Entry.number "factor" 0.1 OptionRange.NotNegative "by how much it multiplies"
                    from 1.0
                ]
                (fun get -> Schedule.every (int (get "count")) (get "factor") (get "start"))
        ]

    /// What makes another schedule of a schedule.
    let changes: Entry<Expr -> Expr> list =
        [
            Entry.create
                "scale"
                "The schedule times a number"
                "a factor"
                [ Entry.number "factor" 1.0 OptionRange.Finite "the number" ]
                (fun get -> Schedule.scale (get "factor"))

            Entry.create
                "spanning"
                "The schedule as if the stage had so many iterations; beyond them it goes on by its formula"
                "a stage of another length"
                [ count 100.0 "how many iterations" ]
                (fun get -> Schedule.spanning (int (get "count")))

            Entry.create
                "lasting"
                "The schedule of a stage of so many iterations, which then stays what it is one iteration after the last"
                "a stage of another length, whose end is held"
                [ count 100.0 "how many iterations" ]
                (fun get -> Schedule.lasting (int (get "count")))

            Entry.create
                "after"
                "The schedule of what remains after so many iterations"
                "the rest of a stage"
                [ count 100.0 "how many iterations" ]
                (fun get -> Schedule.after (int (get "count")))

            Entry.create
                "warmUp"
                "First so many iterations straight from a share of the schedule's start towards that start, then the schedule"
                "Goyal et al., 2017, section 2.2"
                [
                    count 5.0 "how many iterations"
                    Entry.number
                        "first"
                        0.01
                        OptionRange.Finite
                        "the first iteration's share; with 0 it changes nothing"
                ]
                (fun get -> Schedule.warmUp (int (get "count")) (get "first"))

            Entry.create
                "restart"
                "The schedule over and over, each time as if it were a stage of its own"
                "Loshchilov and Hutter, ICLR 2017, section 3"
                [
                    Entry.number "first" 10.0 OptionRange.Count "iterations of the first time, T_0"
                    Entry.number "multiplier" 1.0 OptionRange.Count "how many times longer each next time is, T_mult"
                ]
                (fun get -> Schedule.restart (int (get "first")) (int (get "multiplier")))

            Entry.create
                "byEpoch"
                "The schedule by epoch: it counts epochs in place of iterations, and changes between epochs only"
                "by epoch in place of by iteration"
                [ Entry.number "epochs" 256.0 OptionRange.Count "the stage's epochs" ]
                (fun get -> Schedule.byEpoch (int (get "epochs")))

            Entry.create
                "steppedBeforeUse"
                "The schedule one ahead, as a loop has it that steps its schedule before the epoch that uses it; before byEpoch"
                "the code of Liu et al., ICML 2021"
                []
                (fun _ -> Schedule.steppedBeforeUse)
        ]
