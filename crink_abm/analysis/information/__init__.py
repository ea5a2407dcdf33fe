"""What knowing more would be worth to a choice of policy: of beliefs, and of signposts to come.

Imports from ``analysis`` and below; scikit-learn is loaded here and in ``validation`` alone.
"""
