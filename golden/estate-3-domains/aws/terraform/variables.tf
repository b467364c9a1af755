variable "main_password_version" {
  description = "Raise by one to rotate the password of the database main and its secret together."
  type        = number
  default     = 1
}

variable "rollout" {
  description = "Raise by one to replace every machine, one after the other: for a newer operating system, or changed secrets."
  type        = number
  default     = 1
}
