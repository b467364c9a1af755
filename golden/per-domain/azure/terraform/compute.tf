variable "rollout" {
  description = "Raise by one to replace every machine, one after the other: for a newer operating system, or changed secrets."
  type        = number
  default     = 1
}

# Azure wants a key for every machine. Nobody has the private half of this one: it is the point of the curve that SHA-256 of
# "cloudgen: nobody holds this key 3" names. People sign in through Bastion, with Entra ID.
locals {
  nobodys_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBxKeTCJyyLmFrqWw55qHs6y0vFsjiV92NrZEJnbsvMt"
}
