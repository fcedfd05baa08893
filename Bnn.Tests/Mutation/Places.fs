/// All places that are broken.
module Bnn.Tests.Mutation.Places

let all = DataPlaces.all @ LayerPlaces.all @ TrainingPlaces.all
