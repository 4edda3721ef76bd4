import sys
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(EXAMPLE / "server"), str(EXAMPLE / "data")]
