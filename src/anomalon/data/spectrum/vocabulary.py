"""The words by which people name the columns of a histogram."""

__all__ = [
    "BAND", "CENTRE", "COUNT", "DATA", "DOWN", "ERROR", "EXPECTED", "FILLER", "HIGH", "INDEX",
    "LOW", "MASS", "MERE", "NEUTRAL", "NUMBER", "ODD", "OPPOSITES", "PERCENT", "RELATIVE", "SOURCE",
    "SQUARE", "STAT", "SYS", "TOTAL", "UP", "VARIANCE", "VOCABULARY", "WEAK_HIGH", "WEAK_LOW",
    "WIDTH",
]  # fmt: skip

# Edges of bins. The weak ones say so only where nothing else is said.
LOW = frozenset({"low", "lo", "lower", "left", "min", "minimum", "lowest", "lowedge", "lbound"})
HIGH = frozenset({
    *("high", "hi", "upper", "right", "max", "maximum", "highest", "highedge", "upedge", "ubound"),
})  # fmt: skip
WEAK_LOW = frozenset({"start", "from", "begin", "l", "down"})
WEAK_HIGH = frozenset({"stop", "to", "end", "up", "u", "r", "h"})
CENTRE = frozenset({
    *("centre", "center", "centres", "centers", "mid", "middle", "midpoint", "midpoints"),
    *("central", "ctr", "bincenter", "bincentre", "focus", "desc"),
})  # fmt: skip
WIDTH = frozenset({"width", "widths", "binwidth", "dx", "dm", "step"})
INDEX = frozenset({"bin", "bins", "index", "idx", "i", "id", "nr", "no", "unnamed", "row", "level"})
MASS = frozenset({
    *("m", "mass", "masses", "mjj", "mll", "mgg", "mee", "mmumu", "mmm", "mtt", "mbb", "mvv"),
    *("mvh", "jj", "ll", "dijet", "dilepton", "dimuon", "diphoton", "invariant", "inv", "x"),
    *("energy", "e", "pt", "ht", "et", "met", "edge", "edges", "bound", "bounds", "boundary"),
    *("range", "interval"),
})  # fmt: skip

# Numbers of events.
DATA = frozenset({
    *("data", "observed", "observation", "observations", "obs", "measured", "nobs", "ndata"),
})  # fmt: skip
COUNT = frozenset({
    *("count", "counts", "event", "events", "evt", "evts", "ev", "entry", "entries", "yield"),
    *("yields", "nevents", "nevent", "nevts", "nevt", "nev", "nentries", "candidates", "content"),
    *("contents", "occurrences", "frequency", "freq", "hits", "sumw", "cnt", "cnts"),
})  # fmt: skip
NUMBER = frozenset({"n", "number", "num", "numbers"})
NEUTRAL = frozenset({"value", "values", "val", "vals", "y"})
EXPECTED = frozenset({
    *("fit", "fitted", "background", "backgrounds", "bkg", "bkgd", "bkgs", "bg", "expected"),
    *("expectation", "expect", "exp", "prediction", "predicted", "pred", "mc", "simulation"),
    *("simulated", "sim", "model", "signal", "sig", "total", "tot", "nominal", "qcd", "multijet"),
    *("ttbar", "wjets", "zjets", "diboson", "template", "asimov", "prefit", "postfit", "smooth"),
    *("theory", "estimate", "estimated", "fakes", "nbkg", "nsig", "nexp"),
})  # fmt: skip

# Their errors.
VARIANCE = frozenset({
    *("variance", "variances", "var", "vars", "w2", "sumw2", "sw2", "w2sum", "sumwsq", "err2"),
    *("cov", "covariance", "covariances", "ivar"),
})  # fmt: skip
SQUARE = frozenset({"sq", "sqr", "square", "squares", "squared"})
ERROR = frozenset({
    *("error", "errors", "err", "errs", "sigma", "sigmas", "sd", "std", "stdev", "stddev", "ey"),
    *("uncertainty", "uncertainties", "uncert", "uncerts", "unc", "uncs", "eyl", "eyh"),
})  # fmt: skip
STAT = frozenset({"stat", "stats", "statistical", "statistics"})
SYS = frozenset({"sys", "syst", "systs", "systematic", "systematics"})
# Where systematic errors come from.
SOURCE = frozenset({
    *("jes", "jer", "jec", "lumi", "luminosity", "pdf", "pdfs", "alphas", "isr", "fsr", "trigger"),
    *("pileup", "btag", "btagging", "jvt", "unfolding", "calibration", "modelling", "modeling"),
    *("scale", "resolution", "shower", "hadronisation", "hadronization", "normalisation"),
})  # fmt: skip
TOTAL = frozenset({"total", "tot", "combined", "full", "overall", "all", "net", "quadrature"})
# Beside a word for errors these say neither whose they are nor where they come from.
MERE = frozenset({
    *("standard", "abs", "absolute", "sym", "symm", "symmetric", "symmetrical", "symmetrised"),
    *("symmetrized", "one", "get", "garwood", "gauss", "gaussian", "pearson", "gehrels", "random"),
    *("counting", "cl", "ci", "confidence", "level", "root", "sqrt", "approx", "diag"),
})  # fmt: skip
UP = frozenset({"plus", "up", "pos", "positive", "high", "hi", "upper", "eyh"})
DOWN = frozenset({"minus", "down", "dn", "neg", "negative", "low", "lo", "lower", "eyl"})
# Up and down that say so only beside each other.
OPPOSITES = {
    "p": "m", "u": "d", "h": "l", "top": "bottom", "above": "below", "over": "under",
    "right": "left", "max": "min", "upward": "downward", "upwards": "downwards",
    "increase": "decrease",
}  # fmt: skip
PERCENT = frozenset({
    *("percent", "pct", "percentage", "percents", "perc", "pc", "prct", "pcnt", "percentual"),
})  # fmt: skip
RELATIVE = frozenset({"rel", "relative", "frac", "fractional", *PERCENT})
BAND = frozenset({"variation", "varied", "band", "shift", "shifted", "quantile"})

# No number of events, and why.
ODD = {
    "an efficiency": {
        "efficiency",
        "efficiencies",
        "eff",
        "effs",
        "epsilon",
        "eps",
        "acceptance",
        "acc",
    },
    "a ratio": {"ratio", "ratios", "fraction", "fractions", "frac", "share", "quotient", "percent"},
    "a limit": {"limit", "limits", "cls", "clsb", "ul", "exclusion"},
    "a significance": {"significance", "significances", "signif", "zscore", "zscores", "nsigma"},
    "a p-value": {"p", "pvalue", "pvalues", "pval", "pvals", "p0"},
    "a pull": {"pull", "pulls", "residual", "residuals", "asymmetry", "difference", "diff"},
    "a chi-squared": {"chi", "chi2", "chisq", "chisquare", "chisquared"},
    "a probability": {"probability", "probabilities", "prob", "probs", "purity", "pdf", "cdf"},
    "a likelihood": {"likelihood", "nll", "llr", "loglikelihood"},
    "a logarithm": {"log", "ln", "log10", "logarithm"},
    "a root": {"sqrt"},
    "a mean": {"mean", "average", "avg", "median", "rms"},
    "a rate": {"rate", "rates", "hz", "khz"},
    "a factor": {"factor", "factors", "sf", "kfactor", "correction", "corrections", "prescale"},
    "cumulative": {"cumulative", "cum", "integral", "survival"},
}

# Words that say nothing: units and small words.
FILLER = frozenset({
    *("gev", "tev", "mev", "kev", "ev", "c", "of", "the", "in", "per", "on", "for", "with", "at"),
    *("bin", "bins", "and", "a", "pp", "channel", "region", "fb", "pb", "nb", "ifb", "weighted"),
    *("poisson", "bar", "bars", "raw", "each", "hist", "histogram", "number", "th"),
})  # fmt: skip

VOCABULARY = frozenset().union(
    LOW, HIGH, CENTRE, WIDTH, INDEX, MASS, DATA, COUNT, NUMBER, NEUTRAL, EXPECTED, VARIANCE, ERROR,
    STAT, SYS, UP, DOWN, PERCENT, RELATIVE, BAND, FILLER, SQUARE, {"d", "delta", "total", "tot"},
    {"combined", "full"}, *ODD.values(),
)  # fmt: skip
