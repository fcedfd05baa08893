namespace Bnn.Core

/// The schedules by name, and what makes other schedules of them. `Schedule.steps` and `Schedule.join` take lists, so they
/// have no entry.
module Schedules =
    let private finite (names: string list) (get: string -> float) =
        names |> List.collect (fun name -> Fault.finite name (get name))

    let private count least name (get: string -> float) =
        Entry.whole least System.Int32.MaxValue name (get name)

    let private bothEnds = finite [ "start"; "finish" ]

    let private sameSign (get: string -> float) =
        Fault.unless
            (get "start" * get "finish" > 0.0)
            "finish"
            (string (get "finish"))
            "a number of the same sign as start, neither 0"

    /// Schedules of a stage: start and finish are learning rates, or whatever else changes.
    let all: Entry<Expr> list =
        [
            Entry.create "constant" "the same number throughout" [ "value", 1.0 ] (finite [ "value" ]) (fun get ->
                Schedule.constant (get "value"))

            Entry.create
                "linear"
                "Liu et al., ICML 2021, section 5.1"
                [ "start", 1.0; "finish", 0.0 ]
                bothEnds
                (fun get -> Schedule.linear (get "start") (get "finish"))

            Entry.create
                "cosine"
                "Loshchilov and Hutter, ICLR 2017, equation 5"
                [ "start", 1.0; "finish", 0.0 ]
                bothEnds
                (fun get -> Schedule.cosine (get "start") (get "finish"))

            Entry.create
                "polynomial"
                "Caffe's poly policy"
                [ "power", 2.0; "start", 1.0; "finish", 0.0 ]
                (fun get -> Fault.notNegative "power" (get "power") @ bothEnds get)
                (fun get -> Schedule.polynomial (get "power") (get "start") (get "finish"))

            Entry.create
                "geometric"
                "Qin et al., CVPR 2020, section 3.3"
                [ "start", 0.1; "finish", 10.0 ]
                (fun get -> bothEnds get @ sameSign get)
                (fun get -> Schedule.geometric (get "start") (get "finish"))

            Entry.create
                "exponential"
                "torch.optim.lr_scheduler.ExponentialLR"
                [ "factor", 0.95; "start", 1.0 ]
                (fun get -> Fault.positive "factor" (get "factor") @ finite [ "start" ] get)
                (fun get -> Schedule.exponential (get "factor") (get "start"))

            Entry.create
                "every"
                "torch.optim.lr_scheduler.StepLR"
                [ "count", 30.0; "factor", 0.1; "start", 1.0 ]
                (fun get ->
                    count 1 "count" get
                    @ Fault.notNegative "factor" (get "factor")
                    @ finite [ "start" ] get)
                (fun get -> Schedule.every (int (get "count")) (get "factor") (get "start"))
        ]

    /// What makes another schedule of a schedule.
    let changes: Entry<Expr -> Expr> list =
        [
            Entry.create "scale" "a factor" [ "factor", 1.0 ] (finite [ "factor" ]) (fun get ->
                Schedule.scale (get "factor"))

            Entry.create "spanning" "a stage of another length" [ "count", 100.0 ] (count 1 "count") (fun get ->
                Schedule.spanning (int (get "count")))

            Entry.create
                "lasting"
                "a stage of another length, whose end is held"
                [ "count", 100.0 ]
                (count 1 "count")
                (fun get -> Schedule.lasting (int (get "count")))

            Entry.create "after" "the rest of a stage" [ "count", 100.0 ] (count 1 "count") (fun get ->
                Schedule.after (int (get "count")))

            Entry.create
                "warmUp"
                "Goyal et al., 2017, section 2.2"
                [ "count", 5.0; "first", 0.01 ]
                (fun get -> count 1 "count" get @ finite [ "first" ] get)
                (fun get -> Schedule.warmUp (int (get "count")) (get "first"))

            Entry.create
                "restart"
                "Loshchilov and Hutter, ICLR 2017, section 3"
                [ "first", 10.0; "multiplier", 2.0 ]
                (fun get -> count 1 "first" get @ count 1 "multiplier" get)
                (fun get -> Schedule.restart (int (get "first")) (int (get "multiplier")))

            Entry.create
                "byEpoch"
                "by epoch in place of by iteration"
                [ "epochs", 256.0 ]
                (count 1 "epochs")
                (fun get -> Schedule.byEpoch (int (get "epochs")))

            Entry.create "steppedBeforeUse" "the code of Liu et al., ICML 2021" [] (fun _ -> []) (fun _ ->
                Schedule.steppedBeforeUse)
        ]
