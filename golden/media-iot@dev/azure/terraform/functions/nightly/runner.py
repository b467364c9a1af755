"""What a run of the workflow does next.

A run is done over from its beginning each time something happened: what a step ended with stands in the history and is taken from there,
and the first steps whose end is not there yet are what it waits for.
"""

# What has not ended yet.
PENDING = object()


class Failed(Exception):
    """A step failed for good."""


class Run:
    """One run: its history by key, and what has to be begun now (`wanted`, by the same keys)."""

    def __init__(self, history):
        self.history = history
        self.wanted = {}

    def all(self, steps, document):
        """What the steps end with, one after the other."""
        for step in steps:
            document = self.one(step, document)
            if document is PENDING:
                break
        return document

    def one(self, step, document):
        """What a step ends with, or what those end with that catch its failure."""
        try:
            return getattr(self, step["does"])(step, document)
        except Failed as failed:
            if not step.get("catch"):
                raise
            caught = {"error": str(failed), "input": document}
        return self.all(step["catch"], caught)

    def call(self, step, document):
        """The answer of a function, which is asked again as often as the step says."""
        retry = step.get("retry", {"attempts": 0})
        outcome = {}
        for attempt in range(retry["attempts"] + 1):
            key = f"{step['name']}.{attempt}"
            if attempt > 0:
                pause = retry["seconds"] * retry["backoff"] ** (attempt - 1)
                if self.happened(f"{key}.pause", kind="wait", seconds=pause) is PENDING:
                    return PENDING
            outcome = self.happened(
                key, kind="call", function=step["function"], seconds=step["seconds"], input=document
            )
            if outcome is PENDING:
                return PENDING
            if "error" not in outcome:
                return outcome["output"]
        raise Failed(outcome["error"])

    def parallel(self, step, document):
        """A list of what the branches end with. The first that fails ends all; what others still do is not waited for."""
        key = f"{step['name']}.failed"
        if key in self.history:
            raise Failed(self.history[key]["error"])
        before = dict(self.wanted)
        ended = []
        for branch in step["branches"]:
            try:
                ended.append(self.all(branch, document))
            except Failed as failed:
                self.wanted = before
                self.history[key] = {"error": str(failed)}
                raise
        return PENDING if any(one is PENDING for one in ended) else ended

    def choose(self, step, document):
        """What the steps of the first case end with that holds."""
        for case in step["cases"]:
            if holds(case, document):
                return self.all(case["steps"], document)
        return self.all(step["otherwise"], document)

    def wait(self, step, document):
        """The document, after some time."""
        outcome = self.happened(step["name"], kind="wait", seconds=step["seconds"])
        return PENDING if outcome is PENDING else document

    def fail(self, step, document):
        """The end."""
        raise Failed(step["reason"])

    def happened(self, key, **what):
        """What stands in the history; what does not is begun."""
        known = self.history.get(key)
        if known is None:
            self.wanted[key] = what
            return PENDING
        return known if "ended" in known else PENDING


def holds(case, document):
    """True if the field is there, and is what it has to be: of another type, it is nothing of it."""
    for name in case["field"]:
        if not isinstance(document, dict) or name not in document:
            return False
        document = document[name]
    is_number = isinstance(document, (int, float)) and not isinstance(document, bool)
    if "above" in case:
        return is_number and document > case["above"]
    if "below" in case:
        return is_number and document < case["below"]
    wanted = case["equals"]
    if isinstance(wanted, bool):
        return document is wanted
    if isinstance(wanted, str):
        return isinstance(document, str) and document == wanted
    return is_number and document == wanted
