variable "rollout" {
  description = "Raise by one to replace every task and every machine, one after the other: for changed secrets, or a newer operating system."
  type        = number
  default     = 1
}
