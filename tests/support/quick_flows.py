"""The one flow that tests train where any will do: what is compiled for it, they share.

A program costs seconds and depends on features, architecture, batch size and learning rate; it does
not depend on epochs and numbers of events.
"""

from anomalon.learn.density import SplineFlow

# of two layers, so that one feature, which needs an even number of them, has the same program
FLOW = SplineFlow(
    n_layers=2, width=16, n_knots=4, epochs=8, batch_size=512, learning_rate=1e-2, n_average=1
)
