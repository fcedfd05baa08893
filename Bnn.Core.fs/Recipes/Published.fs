namespace Bnn

/// The published trainings on ImageNet as recipes: optimizer, batch, two steps. Their texts' trainings, not their codes': for these
/// `Reference.apply`. The schedule, linear to 0, is the trainer's default.
[<EditorBrowsable(Never)>]
module Published =
    let private twoStep name decay epochs batch learningRate =
        let steps =
            Recipe.twoStep
                {
                    WeightDecay = WeightDecay.coupled (Const decay)
                    Schedule = None
                    Epochs = epochs
                }

        { steps with
            Name = name
            Optimizer =
                Some
                    {
                        Name = Adam.row.Name
                        Transform = Adam.rule Adam.defaults
                        LearningRate = learningRate
                    }
            Batch = Some batch
        }

    /// "How Do Adam and Training Strategies Help BNNs Optimization?" (ICML 2021) with ReActNet-A: 256 epochs each step, weight decay 5e-6 then
    /// 0, batches of 256, learning rate 1.25e-3. Published: 70.5 % top-1.
    let adamBnn = twoStep "AdamBNN" 5e-6 256 256 1.25e-3

    /// ReActNet (ECCV 2020), its code's settings for ReActNet-A: 128 epochs each step, weight decay 1e-5 then 0, batches of 256, learning rate
    /// 1.25e-3. Published: 69.4 % top-1.
    let reActNetA = twoStep "ReActNet-A" 1e-5 128 256 1.25e-3

    /// ReActNet (ECCV 2020), its code's settings for ReActNet-18: 128 epochs each step, weight decay 1e-5 then 0, batches of 512, learning rate
    /// 2.5e-3. Published: 65.9 % top-1.
    let reActNet18 = twoStep "ReActNet-18" 1e-5 128 512 2.5e-3
