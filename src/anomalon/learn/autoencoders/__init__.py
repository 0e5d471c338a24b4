"""Networks that give back what they get, or less of it: autoencoders, variational ones, contrasts.

One event is a table (row of the table, feature) with a mask; what the rows are is nobody's business
here. `distance` says how far two tables are apart, `plain` and `variational` train encoders and
decoders by it, `contrast` an encoder alone.
"""
