"""What is seen: a published showroom package in, frames out. Knows nothing of networks.

Importing the package loads nothing heavy. Start at ``package`` (what is shown), ``scene`` (what is drawn),
``renderer`` (the contract that drawing keeps) and ``render_loop`` (the thread that draws for all visitors).
"""
