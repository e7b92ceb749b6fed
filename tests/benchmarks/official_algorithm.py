"""What check-stdtrec-run.py does, said plainly as a program: `official_algorithm.py TOPICS DOCID_PATTERN RUN`.

Written from a description of that program's behaviour (isoboroff/submit-system, evalbase/checkers, commit
21631276f0a74200f2b2cb5b38198ca0be1fa7b1), not from its text: each line is split and looked at on its own, and every
document of every topic is kept to the end. It is what `validating.py` measures beside `validate`.
"""

import re
import sys
from collections import Counter
from pathlib import Path

MOST = 1000


def main() -> int:
    topic_file, pattern, run = sys.argv[1:]
    with Path(topic_file).open(encoding="utf-8") as lines:
        counted = Counter({line.strip(): 0 for line in lines})
    documents = {topic: {} for topic in counted}
    wanted = re.compile(pattern, re.IGNORECASE)
    tag = None
    errors = 0
    said_q0 = False
    with Path(run).open(encoding="utf-8") as lines:
        for line in lines:
            fields = line.strip().split()
            if len(fields) != 6:
                return 255
            topic, q0, document, rank, score, this_tag = fields
            if tag is None:
                tag = this_tag
            elif tag != this_tag:
                errors += 1
            elif tag != run:
                return 255
            if topic not in counted:
                errors += 1
                continue
            if q0 != "Q0" and not said_q0:
                said_q0 = True
                errors += 1
            number = int(rank)
            if number < 0 or str(number) != rank:
                errors += 1
            if not wanted.fullmatch(document) or document in documents[topic]:
                errors += 1
                continue
            documents[topic][document] = score
            counted[topic] += 1
    errors += sum(count == 0 or count > MOST for count in counted.values())
    return 255 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
