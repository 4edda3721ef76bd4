"""A deterministic trainer that speaks the raw protocol: a linear congruential generator, checkpointed every k steps."""

import json
import os
import signal
import sys
import time

spec = json.load(open(os.environ["SLUICE_STEP"], encoding="utf-8"))
hyper = spec["hyper"]
events = open(os.environ["SLUICE_EVENTS"], "a", encoding="utf-8")
stopping = False


def tell(**event):
    events.write(json.dumps(event) + "\n")
    events.flush()


def on_term(signum, frame):
    global stopping
    stopping = True


def save(step, state):
    folder = os.path.join(spec["checkpoints"], f"step-{step}")
    os.makedirs(folder + ".tmp")
    with open(os.path.join(folder + ".tmp", "state.json"), "w") as file:
        json.dump({"step": step, "state": state}, file)
    os.rename(folder + ".tmp", folder)
    tell(type="checkpoint", step=step, path=folder)


signal.signal(signal.SIGTERM, signal.SIG_IGN if hyper.get("deaf") else on_term)
tell(type="hello", protocol=1, client="test", pid=os.getpid())
step, state = 0, spec["seed"]
if spec["resume"]:
    held = json.load(open(os.path.join(spec["resume"]["path"], "state.json")))
    step, state = held["step"], held["state"]
    assert step == spec["resume"]["step"]

steps, every = hyper.get("steps", 20), hyper.get("every", 5)
fault = hyper.get("fault", {}) if spec["attempt"] == hyper.get("faultOn", 1) else {}
while step < steps:
    if step == fault.get("at"):
        print("about to fail at", step, flush=True)
        if fault["how"] == "kill":
            time.sleep(fault.get("after", 0))
            os.killpg(0, signal.SIGKILL)
        if fault["how"] == "raise":
            raise ValueError("bad learning rate – wirklich")
        if fault["how"] == "hang":
            time.sleep(3600)
        if fault["how"] == "wait":
            while not stopping:
                time.sleep(0.01)
        if fault["how"] == "rubbish":
            events.write("step 3: loss 0.1\n")
            events.flush()
            time.sleep(3600)
        if fault["how"] == "memory":
            raise MemoryError("Unable to allocate 1.00 TiB")
    if stopping:
        if not hyper.get("careless"):
            save(step, state)
        sys.exit(hyper.get("exitOnTerm", 75))
    state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
    step += 1
    tell(type="metric", step=step, values={"loss": 1 / step}, time=int(time.time() * 1000))
    tell(type="progress", step=step, total=steps, unit="step")
    if step % every == 0:
        save(step, state)
    time.sleep(hyper.get("pause", 0))

if hyper.get("model", True):
    folder = os.path.join(spec["output"], "modèle")
    os.makedirs(folder)
    open(os.path.join(folder, "weights.txt"), "w").write(str(state))
    tell(type="model", path=folder)
